import type { Role } from './actor.ts';

export type Access = 'public' | Role;

/**
 * What each route needs. A route that is not here cannot be served, and an entry without a route is refused too:
 * who may do what is read on this page alone.
 */
export const policy: Readonly<Record<string, Access>> = {
  'GET /healthz': 'public',
  'GET /readyz': 'public',
  'GET /api/v1/openapi.json': 'public',

  'POST /api/v1/session': 'public',
  'POST /api/v1/welcome': 'public',
  'GET /api/v1/session': 'viewer',
  'DELETE /api/v1/session': 'viewer',
  'POST /api/v1/session/password': 'viewer',
  'GET /api/v1/sessions': 'viewer',
  'DELETE /api/v1/sessions/:id': 'viewer',
  'GET /api/v1/people': 'admin',
  'POST /api/v1/people': 'admin',
  'PATCH /api/v1/people/:id': 'admin',
  'POST /api/v1/people/:id/link': 'admin',
  'GET /api/v1/tokens': 'admin',
  'POST /api/v1/tokens': 'admin',
  'DELETE /api/v1/tokens/:id': 'admin',
  'GET /api/v1/audit': 'engineer',

  'GET /api/v1/catalog': 'viewer',
  'GET /api/v1/catalog/schema': 'viewer',
  'GET /api/v1/events': 'viewer',

  'GET /api/v1/overview': 'viewer',
  'GET /api/v1/flows': 'viewer',
  'GET /api/v1/flows/:name': 'viewer',
  'GET /api/v1/flows/:name/messages': 'viewer',
  'GET /api/v1/transactions': 'viewer',
  'GET /api/v1/transactions/:businessKey': 'viewer',
  'GET /api/v1/traces/:id': 'viewer',
  'GET /api/v1/search': 'viewer',
  'GET /api/v1/systems': 'viewer',
  'GET /api/v1/topology': 'viewer',

  'GET /api/v1/dead-letters': 'viewer',
  'GET /api/v1/dead-letters/groups': 'viewer',
  'GET /api/v1/dead-letters/sources': 'viewer',
  'GET /api/v1/dead-letters/assignees': 'operator',
  'GET /api/v1/dead-letters/export': 'operator',
  'GET /api/v1/dead-letters/bulks': 'viewer',
  'GET /api/v1/dead-letters/bulks/:id': 'viewer',
  'POST /api/v1/dead-letters/bulks/:id/cancel': 'operator',
  'GET /api/v1/dead-letters/:id': 'viewer',
  'GET /api/v1/dead-letters/:id/body': 'operator',
  'POST /api/v1/dead-letters': 'operator',
  'POST /api/v1/dead-letters/actions': 'operator',
  'POST /api/v1/dead-letters/import': 'engineer',
  'POST /api/v1/dead-letters/notes': 'operator',

  'POST /api/v1/replays': 'operator',
  'GET /api/v1/replays': 'viewer',
  'GET /api/v1/replays/:id': 'viewer',
  'GET /api/v1/replays/:id/items': 'viewer',
  'GET /api/v1/replays/certificate-key': 'viewer',
  'GET /api/v1/replays/:id/certificate': 'viewer',
  'GET /api/v1/replays/:id/certificate/items': 'viewer',
  'POST /api/v1/replays/:id/items/:position/verdict': 'operator',
  'POST /api/v1/replays/:id/resend': 'operator',
  'POST /api/v1/replays/:id/submit': 'operator',
  'POST /api/v1/replays/:id/start': 'operator',
  'POST /api/v1/replays/:id/approve': 'operator',
  'POST /api/v1/replays/:id/reject': 'operator',
  'POST /api/v1/replays/:id/pause': 'operator',
  'POST /api/v1/replays/:id/resume': 'operator',
  'POST /api/v1/replays/:id/cancel': 'operator',

  'GET /api/v1/objectives': 'viewer',
  'GET /api/v1/objectives/:name': 'viewer',
  'GET /api/v1/objectives/:name/history': 'viewer',
  'GET /api/v1/alerts': 'viewer',
  'GET /api/v1/alerts/:episode/explain': 'operator',
  'POST /api/v1/alerts/:episode/acknowledge': 'operator',
  'GET /api/v1/silences': 'viewer',
  'POST /api/v1/silences': 'operator',
  'POST /api/v1/silences/preview': 'operator',
  'POST /api/v1/silences/:id/end': 'operator',
  'GET /api/v1/channels': 'viewer',
  'POST /api/v1/channels/:name/test': 'engineer',

  'GET /api/v1/kpis': 'viewer',
  'GET /api/v1/kpis.csv': 'viewer',
  'GET /api/v1/kpi-reports': 'viewer',
  'GET /api/v1/kpi-reports/:name/preview': 'viewer',
  'GET /api/v1/kpis/:name': 'viewer',
  'GET /api/v1/kpis/:name/rows': 'viewer',
  'GET /api/v1/kpis/:name/rows.csv': 'viewer',

  'GET /api/v1/probes': 'viewer',
  'GET /api/v1/probes/:name': 'viewer',

  'GET /api/v1/incidents': 'viewer',
  'GET /api/v1/incidents/assignees': 'operator',
  'GET /api/v1/incidents/:number': 'viewer',
  'GET /api/v1/incidents/:number/impact': 'viewer',
  'POST /api/v1/incidents': 'operator',
  'PATCH /api/v1/incidents/:number': 'operator',
  'POST /api/v1/incidents/:number/notes': 'operator',
  'POST /api/v1/incidents/:number/steps': 'operator',
};

/** Paths of what runs before every route. Anything else that takes all methods would escape the policy. */
const middleware = new Set(['/*', '/api/*']);

/** Differences between the routes that exist and the policy, as sentences; empty when they agree. */
export function policyGaps(
  routes: readonly { method: string; path: string }[],
  entries: Readonly<Record<string, Access>>,
): string[] {
  const isServed = ({ method, path }: { method: string; path: string }) =>
    method !== 'ALL' || !middleware.has(path);
  const served = new Set(routes.filter(isServed).map(({ method, path }) => `${method} ${path}`));
  return [
    ...[...served]
      .filter((route) => !Object.hasOwn(entries, route))
      .map((route) => `${route} has no entry in control-plane/policy.ts`),
    ...Object.keys(entries)
      .filter((route) => !served.has(route))
      .map((route) => `${route} stands in control-plane/policy.ts, but no such route exists`),
  ];
}
