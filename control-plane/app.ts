import { StoreError } from '@plumbline/model/clickhouse/client.ts';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { secureHeaders } from 'hono/secure-headers';
import { adminRoutes } from './access/admin-routes.ts';
import { sessionRoutes } from './access/session-routes.ts';
import { auditRoutes } from './audit/routes.ts';
import { catalogRoutes } from './catalog/routes.ts';
import type { Context } from './context.ts';
import { flowRoutes } from './flows/routes.ts';
import { guard } from './guard.ts';
import { liveRoutes } from './live/routes.ts';
import { describeError } from './log.ts';
import { overviewRoutes } from './overview/routes.ts';
import { policy, policyGaps } from './policy.ts';
import { Problem, problemResponse } from './problem.ts';
import { readiness } from './ready.ts';
import { createRouter, type AppContext } from './router.ts';
import { searchRoutes } from './search/routes.ts';
import { systemRoutes } from './systems/routes.ts';
import { topologyRoutes } from './topology/routes.ts';
import { traceRoutes } from './traces/routes.ts';
import { transactionRoutes } from './transactions/routes.ts';

const bodyBytesMax = 1024 * 1024;

export type AppType = ReturnType<typeof createApp>;

/**
 * The whole API as one Hono app. @param stopped ends live streams when the process is asked to stop.
 * @throws Error when a route has no policy, or a policy no route.
 */
export function createApp(context: Context, stopped: AbortSignal) {
  const app = createRouter();
  app.use(async (c, next) => {
    const requestId = context.randomId();
    const startedMs = context.now().getTime();
    c.set('requestId', requestId);
    c.header('x-request-id', requestId);
    await next();
    if (c.req.path === '/healthz' || c.req.path === '/readyz') return;
    context.log.info('request', {
      requestId,
      method: c.req.method,
      path: c.req.path,
      status: c.res.status,
      durationMs: context.now().getTime() - startedMs,
      actor: c.get('actor')?.id,
    });
  });
  app.use(secureHeaders({ contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } }));
  app.use(
    bodyLimit({
      maxSize: bodyBytesMax,
      onError: () => {
        throw new Problem('body_too_large', 'A body may be 1 MiB long at most.');
      },
    }),
  );
  app.use('/api/*', async (c, next) => {
    await next();
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store');
  });
  app.use(guard(context));
  app.onError((error, c) => problemResponse(problemOf(error, c, context), c.get('requestId')));
  app.notFound((c) => problemResponse(missing(c, app.routes), c.get('requestId')));

  app.get('/healthz', (c) => c.text('ok'));
  app.get('/readyz', async (c) => {
    const { ready, checks } = await readiness(context);
    return c.json({ ready, ...checks }, ready ? 200 : 503);
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-plumbline',
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' });
  app.doc31('/api/v1/openapi.json', {
    openapi: '3.1.0',
    info: { title: 'Plumbline', version: '1', license: { name: 'Apache-2.0' } },
    security: [{ session: [] }, { token: [] }],
  });

  const api = app
    .route('/api/v1', sessionRoutes(context))
    .route('/api/v1', adminRoutes(context))
    .route('/api/v1', auditRoutes(context))
    .route('/api/v1', catalogRoutes(context))
    .route('/api/v1', liveRoutes(context, stopped))
    .route('/api/v1', overviewRoutes(context))
    .route('/api/v1', flowRoutes(context))
    .route('/api/v1', transactionRoutes(context))
    .route('/api/v1', traceRoutes(context))
    .route('/api/v1', searchRoutes(context))
    .route('/api/v1', systemRoutes(context))
    .route('/api/v1', topologyRoutes(context));

  const gaps = policyGaps(servedRoutes(api.routes), policy);
  if (gaps.length > 0) throw new Error(gaps.join('; '));
  return api;
}

interface Route {
  method: string;
  path: string;
}

function servedRoutes(routes: readonly Route[]): Route[] {
  return routes.filter(({ method }) => method !== 'ALL');
}

function problemOf(error: unknown, c: AppContext, context: Context): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof HTTPException) {
    if (error.status === 400) return new Problem('bad_request', 'The body is not valid JSON.');
    if (error.status === 415) return new Problem('unsupported_media_type', 'Send application/json.');
  }
  const requestId = c.get('requestId');
  if (error instanceof StoreError) {
    context.log.warn('store', { requestId, ...describeError(error) });
    if (error.code === 'timeout') return new Problem('too_slow', error.message);
    if (error.code === 'unreachable') {
      return new Problem('store_unavailable', 'ClickHouse cannot be reached at the moment.', {
        headers: { 'retry-after': '5' },
      });
    }
  } else if (isConnectionError(error)) {
    context.log.warn('PostgreSQL cannot be reached', { requestId, ...describeError(error) });
    return new Problem('store_unavailable', 'PostgreSQL cannot be reached at the moment.', {
      headers: { 'retry-after': '5' },
    });
  }
  context.log.error('unexpected failure', { requestId, path: c.req.path, ...describeError(error) });
  return new Problem(
    'internal',
    'Something failed here that should not. The log has more under this request id.',
  );
}

/** Codes of a socket that failed, or of a PostgreSQL that is stopping or starting (class 57P). */
function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return (
    /^(ECONN|EPIPE|ETIMEDOUT|57P|08)/.test(code) ||
    /connection (timeout|terminated)|timeout exceeded when trying to connect/i.test(error.message)
  );
}

/** A path that exists under another method is 405 and says which; anything else is 404. */
function missing(c: AppContext, routes: readonly Route[]): Problem {
  const methods = new Set(
    servedRoutes(routes)
      .filter(({ path }) => matches(path, c.req.path))
      .map(({ method }) => method),
  );
  if (methods.size === 0)
    return new Problem(
      'not_found',
      `There is nothing at ${c.req.path}. See /api/v1/openapi.json for what there is.`,
    );
  const allow = [...methods].join(', ');
  return new Problem('method_not_allowed', `This path takes ${allow}.`, { headers: { allow } });
}

function matches(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  return (
    wanted.length === given.length && wanted.every((part, at) => part.startsWith(':') || part === given[at])
  );
}
