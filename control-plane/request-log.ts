import { createMiddleware } from 'hono/factory';
import type { Context } from './context.ts';
import type { AppEnv } from './router.ts';

/** What machines ask every few seconds; a line each time would only hide the others. */
const silent = new Set(['/healthz', '/readyz']);

/** Gives each request an id, which its answer, its log line and its audit row carry, and writes one line when it ends. */
export function requestLog(context: Context) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const requestId = context.randomId();
    const startedMs = context.now().getTime();
    c.set('requestId', requestId);
    await next();
    c.res.headers.set('x-request-id', requestId);
    if (silent.has(c.req.path)) return;
    context.log.info('request', {
      requestId,
      method: c.req.method,
      path: c.req.path,
      status: c.res.status,
      durationMs: context.now().getTime() - startedMs,
      actor: c.get('actor')?.id,
    });
  });
}
