import { bodyLimit } from 'hono/body-limit';
import { secureHeaders } from 'hono/secure-headers';
import { adminRoutes } from './access/admin-routes.ts';
import { sessionRoutes } from './access/session-routes.ts';
import { alertRoutes } from './alerts/routes.ts';
import { silenceRoutes } from './alerts/silence-routes.ts';
import { auditRoutes } from './audit/routes.ts';
import { catalogRoutes } from './catalog/routes.ts';
import type { Context } from './context.ts';
import { bulkRoutes } from './dead-letters/bulk/routes.ts';
import { deadLetterRoutes } from './dead-letters/routes.ts';
import { transferRoutes } from './dead-letters/transfer-routes.ts';
import { missing, problemOf } from './failure.ts';
import { flowRoutes } from './flows/routes.ts';
import { guard } from './guard.ts';
import { incidentRoutes } from './incidents/routes.ts';
import { kpiRoutes } from './kpis/routes.ts';
import { liveRoutes } from './live/routes.ts';
import { describeApi } from './open-api.ts';
import { objectiveRoutes } from './objectives/routes.ts';
import { overviewRoutes } from './overview/routes.ts';
import { policy, policyGaps } from './policy.ts';
import { Problem, problemResponse } from './problem.ts';
import { readiness } from './ready.ts';
import { probeRoutes } from './probes/routes.ts';
import { replayRoutes } from './replays/routes.ts';
import { requestLog } from './request-log.ts';
import { createRouter } from './router.ts';
import { searchRoutes } from './search/routes.ts';
import { systemRoutes } from './systems/routes.ts';
import { topologyRoutes } from './topology/routes.ts';
import { traceRoutes } from './traces/routes.ts';
import { transactionRoutes } from './transactions/routes.ts';

const bodyBytesMax = 1024 * 1024;
/** Messages are handed in whole, many at a time. */
const lettersBytesMax = 16 * 1024 * 1024;
const takesLetters = new Set(['/api/v1/dead-letters', '/api/v1/dead-letters/import']);
/** Version of the API, not of the product: it changes when a client would break. */
const apiVersion = '1.0';

/**
 * The whole API as one Hono app. @param stopped ends live streams when the process is asked to stop.
 * @throws Error when a route has no policy, or a policy no route.
 */
export function createApp(context: Context, stopped: AbortSignal) {
  const app = createShell(context);
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
    .route('/api/v1', topologyRoutes(context))
    .route('/api/v1', transferRoutes(context))
    .route('/api/v1', bulkRoutes(context))
    .route('/api/v1', deadLetterRoutes(context))
    .route('/api/v1', replayRoutes(context))
    .route('/api/v1', alertRoutes(context))
    .route('/api/v1', silenceRoutes(context))
    .route('/api/v1', objectiveRoutes(context))
    .route('/api/v1', incidentRoutes(context))
    .route('/api/v1', probeRoutes(context))
    .route('/api/v1', kpiRoutes(context));

  const document = describeApi(app, apiVersion);
  app.get('/api/v1/openapi.json', (c) => c.json(document));

  const gaps = policyGaps(api.routes, policy);
  if (gaps.length > 0) throw new Error(gaps.join('; '));
  return api;
}

function limitOf(maxSize: number) {
  return bodyLimit({
    maxSize,
    onError: () => {
      throw new Problem('body_too_large', `A body may be ${maxSize / 1024 / 1024} MiB long at most.`);
    },
  });
}

/** What every request passes, outermost first: log, headers, limit, guard; and the two routes for machines. */
function createShell(context: Context) {
  const app = createRouter();
  app.use(requestLog(context));
  app.use(secureHeaders({ contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } }));
  app.use('/api/*', async (c, next) => {
    await next();
    if (!c.res.headers.has('cache-control')) c.res.headers.set('cache-control', 'no-store');
  });
  app.use(guard(context));
  app.use((c, next) => limitOf(takesLetters.has(c.req.path) ? lettersBytesMax : bodyBytesMax)(c, next));
  app.onError((error, c) => problemResponse(problemOf(error, c, context), c.get('requestId')));
  app.notFound((c) => problemResponse(missing(c, app.routes), c.get('requestId')));
  app.get('/healthz', (c) => c.text('ok'));
  app.get('/readyz', async (c) => {
    const { ready, checks } = await readiness(context);
    return c.json({ ready, ...checks }, ready ? 200 : 503);
  });
  return app;
}
