import { defaultRange, rangeOf, type Params, type Range } from './time/range.ts';

type Query = Record<string, string | undefined>;

interface DeadLetterQuery {
  readonly flow?: string;
  readonly cause?: string;
  readonly key?: string;
  readonly state?: string;
  readonly view?: 'letters';
}

/** The part of an address that links are built from; the page's own address and any URL are one. */
export interface Address {
  readonly pathname: string;
  readonly searchParams: Params;
}

/**
 * Every link of the console is built here. `keep` is the present address: its time range goes along,
 * so that a walk from symptom to cause stays in one window of time.
 */
export function routes(keep: Address | undefined) {
  const range = keep ? rangeOf(keep.searchParams) : defaultRange;
  const to = (path: string, query: Query = {}) => path + queryText({ ...rangeQuery(range), ...query });
  return {
    overview: () => to('/'),
    topology: (query?: { view?: string }) => to('/topology', query),
    flows: (query?: { health?: string; q?: string }) => to('/flows', query),
    flow: (name: string, query?: { outcome?: string; cause?: string }) =>
      to(`/flows/${encodeURIComponent(name)}`, query),
    flowMessages: (name: string, query?: { outcome?: string; cause?: string }) =>
      `${to(`/flows/${encodeURIComponent(name)}`, query)}#messages`,
    transactions: (query?: { process?: string; state?: string; from?: string }) => to('/transactions', query),
    transaction: (key: string) => to(`/transactions/${encodeURIComponent(key)}`),
    trace: (id: string, query?: { span?: string | undefined }) =>
      to(`/traces/${encodeURIComponent(id)}`, query),
    deadLetters: (query?: DeadLetterQuery) => to('/dead-letters', { ...query }),
    deadLetter: (id: string) => to(`/dead-letters/${encodeURIComponent(id)}`),
    replays: (query?: { flow?: string; state?: string }) => to('/replays', query),
    replay: (id: string) => to(`/replays/${encodeURIComponent(id)}`),
    replayCertificate: (id: string) => to(`/replays/${encodeURIComponent(id)}/certificate`),
    alerts: (query?: { state?: string }) => to('/alerts', query),
    alert: (episode: string) => to(`/alerts/${encodeURIComponent(episode)}`),
    incidents: (query?: { state?: string; flow?: string }) => to('/incidents', query),
    incident: (number: number) => to(`/incidents/${number}`),
    objectives: () => to('/objectives'),
    objective: (name: string) => to(`/objectives/${encodeURIComponent(name)}`),
    kpis: (query?: { period?: string; at?: string | undefined }) => to('/kpis', query),
    kpi: (name: string, query?: { period?: string; at?: string | undefined }) =>
      to(`/kpis/${encodeURIComponent(name)}`, query),
    probes: () => to('/probes'),
    probe: (name: string) => to(`/probes/${encodeURIComponent(name)}`),
    systems: () => to('/systems'),
    system: (name: string) => `${to('/systems')}#${encodeURIComponent(name)}`,
    settings: () => to('/settings'),
  };
}

export type Routes = ReturnType<typeof routes>;

/** What a filter of dead letters names, as a file. */
export function exportOf(filter: Readonly<Record<string, string>>): string {
  return `/dead-letters/export${queryText(filter)}`;
}

/** KPIs of a period as a table, or what one of them counted; the filter is that of the page. */
export function kpiExport(params: Params, name?: string): string {
  const asked = (key: string) => params.get(key) ?? undefined;
  const period = asked('period') ?? 'week';
  const filter = { only: asked('only'), by: asked('by'), value: asked('value') };
  return `/kpis/export${queryText({ period, at: asked('at'), ...(name !== undefined && { name, ...filter }) })}`;
}

/** The mail of a report as it goes out, to look at. */
export function kpiMail(report: string): string {
  return `/kpis/mail${queryText({ report })}`;
}

/** The present address with some of its query replaced; `undefined` removes. Paging starts anew. */
export function withQuery(url: Address, changes: Query): string {
  const params = new URLSearchParams(url.searchParams.toString());
  params.delete('cursor');
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') params.delete(name);
    else params.set(name, value);
  }
  const text = params.toString();
  return url.pathname + (text ? `?${text}` : '');
}

/** Sign-in leads back to where one was; only to a path of this console, never to another site. */
export function signIn(next?: string): string {
  return next && next !== '/' ? `/sign-in?next=${encodeURIComponent(next)}` : '/sign-in';
}

export function safeNext(next: string | null): string {
  return next && /^\/(?![/\\])/.test(next) && !/[\u0000-\u001f\\]/.test(next) ? next : '/';
}

function rangeQuery(range: Range): Query {
  return range.from === defaultRange.from && range.to === defaultRange.to ? {} : { ...range };
}

function queryText(query: Query): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) params.set(name, value);
  const text = params.toString();
  return text ? `?${text}` : '';
}
