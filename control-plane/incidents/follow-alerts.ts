import type { Catalog } from '@plumbline/model/catalog/schema.ts';
import { execute, inTransaction, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { plumbline } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { repeat } from '../repeat.ts';
import { addEntry, insertIncident, stepIncident } from './queries.ts';
import type { Severity } from './schemas.ts';

const everyTwoSeconds = '*/2 * * * * *';
const passMax = 200;
/** Troubles of other flows into the same system that begin within this time of an incident are of its making. */
const kindredMs = 30 * 60_000;
/** What fires anew so soon after an incident was restored is the same trouble. */
const returnMs = 4 * 60 * 60_000;
/** What fired and was over while nobody looked still gets its incident, for so long. */
const lateMs = 24 * 60 * 60_000;
/** Any number that nothing else in this database locks. */
const lockKey = 7_104_302_194;

/** Makes incidents of alerts while this process lives, and answers how to stop. */
export function startFollowingAlerts(context: Context): () => Promise<void> {
  return repeat(context, 'incidents could not be brought up to date', everyTwoSeconds, async () => {
    for (const number of await followAlerts(context)) context.events.publish('incidents.changed', { number });
  });
}

/**
 * One pass, in one transaction that one process at a time is in: pages that no incident has open one or join one that
 * lasts; alerts that are over are told; an incident whose last alert is over is restored, one that fires anew returns.
 * @returns the incidents that changed
 */
export function followAlerts(context: Context): Promise<Set<number>> {
  return inTransaction(context.postgres, async (on) => {
    await execute(on, 'SELECT pg_advisory_xact_lock($1)', [lockKey]);
    const touched = new Set<number>();
    for (const alert of await readNew(on, context.now())) touched.add(await placeAlert(context, on, alert));
    for (const { incident, ...alert } of await readOver(on)) {
      await execute(on, 'UPDATE incident_alerts SET is_over = true WHERE episode = $1', [alert.episode]);
      const { title: text, episode } = alert;
      await addEntry(on, incident, {
        at: alert.resolvedAt,
        actor: plumbline,
        kind: 'alert_over',
        text,
        episode,
      });
      touched.add(incident);
    }
    for (const number of await takeOn(context, on)) touched.add(number);
    for (const number of touched) await restoreOrReturn(context, on, number);
    return touched;
  });
}

const NewAlert = z.object({
  episode: z.string(),
  key: z.string(),
  title: z.string(),
  flows: z.array(z.string()),
  startedAt: z.date(),
  firedAt: z.date(),
});
type NewAlert = z.output<typeof NewAlert>;

/** Pages without an incident that fire, or lately did. One that is held back by a silence makes none. */
function readNew(on: Executor, now: Date) {
  return query(on, {
    name: 'incidents.new_alerts',
    sql: `
      SELECT episode, key, title, flows, started_at AS "startedAt", fired_at AS "firedAt" FROM alerts a
      WHERE severity = 'page' AND (resolved_at IS NULL OR fired_at >= $1) AND (muted_until IS NULL OR muted_until <= clock_timestamp()) AND NOT is_silenced(a, $2)
        AND NOT EXISTS (SELECT FROM incident_alerts o WHERE o.episode = a.episode)
      ORDER BY fired_at, episode LIMIT ${passMax}`,
    params: [new Date(now.getTime() - lateMs), now],
    schema: NewAlert,
  });
}

function readOver(on: Executor) {
  return query(on, {
    name: 'incidents.alerts_over',
    sql: `
      SELECT o.incident::float8 AS incident, a.episode, a.title, a.resolved_at AS "resolvedAt"
      FROM incident_alerts o JOIN alerts a ON a.episode = o.episode
      WHERE NOT o.is_over AND a.resolved_at IS NOT NULL
      ORDER BY a.resolved_at, a.episode LIMIT ${passMax}`,
    params: [],
    schema: z.object({
      incident: z.int(),
      episode: z.string(),
      title: z.string(),
      resolvedAt: z.date(),
    }),
  });
}

/** Joins the incident that it belongs to, or opens one. */
async function placeAlert(context: Context, on: Executor, alert: NewAlert): Promise<number> {
  const { catalog } = context.catalog.current();
  const { title: text, episode, firedAt: at } = alert;
  const home = await findHome(on, alert, kindredFlows(catalog, alert.flows));
  const number = home ?? (await openFor(context, on, alert));
  await execute(on, 'INSERT INTO incident_alerts (episode, incident) VALUES ($1, $2)', [episode, number]);
  await addEntry(on, number, { at, actor: plumbline, kind: home ? 'alert' : 'opened', text, episode });
  if (home) {
    await execute(
      on,
      `UPDATE incidents SET impact_started_at = least(impact_started_at, $2), revision = revision + 1,
         flows = ARRAY(SELECT DISTINCT f FROM unnest(flows || $3::text[]) f ORDER BY f LIMIT 200)
       WHERE number = $1`,
      [number, alert.startedAt, alert.flows],
    );
  }
  return number;
}

/** Flows into the same systems: when a target is down, they fail together. */
function kindredFlows({ flows }: Catalog, names: readonly string[]): string[] {
  const targets = new Set(flows.filter(({ name }) => names.includes(name)).map(({ target }) => target));
  return flows.filter(({ target }) => targets.has(target)).map(({ name }) => name);
}

/** The newest incident that lasts with an alert of the same key, on the same flow, or on a kindred one at the time. */
async function findHome(
  on: Executor,
  alert: NewAlert,
  kindred: readonly string[],
): Promise<number | undefined> {
  const before = (ms: number) => new Date(alert.firedAt.getTime() - ms);
  const [row] = await query(on, {
    name: 'incidents.home',
    sql: `
      SELECT i.number::float8 AS number FROM incidents i
      WHERE i.closed_at IS NULL AND (i.restored_at IS NULL OR i.restored_at >= $5) AND (
        i.flows && $1::text[]
        OR EXISTS (SELECT FROM incident_alerts o JOIN alerts a ON a.episode = o.episode WHERE o.incident = i.number AND a.key = $2)
        OR (i.restored_at IS NULL AND i.detected_at >= $3 AND i.flows && $4::text[]))
      ORDER BY i.number DESC LIMIT 1`,
    params: [alert.flows, alert.key, before(kindredMs), kindred, before(returnMs)],
    schema: z.object({ number: z.int() }),
  });
  return row?.number;
}

async function openFor(context: Context, on: Executor, alert: NewAlert): Promise<number> {
  const number = await insertIncident(on, {
    title: alert.title,
    severity: severityOf(context.catalog.current().catalog, alert.flows),
    origin: 'alert',
    flows: alert.flows,
    impactStartedAt: alert.startedAt,
    detectedAt: alert.firedAt,
  });
  await recordAct(on, {
    at: context.now(),
    actor: plumbline,
    action: 'incidents.open',
    target: `incident:${number}`,
    detail: { alert: alert.key, episode: alert.episode },
    requestId: 'alerts',
  });
  return number;
}

/** As critical as the most critical of its flows. */
export function severityOf({ flows }: Catalog, names: readonly string[]): Severity {
  const among = (level: string) =>
    flows.some(({ name, criticality }) => names.includes(name) && criticality === level);
  if (among('critical')) return 'critical';
  return among('high') || names.length === 0 ? 'major' : 'minor';
}

/** Whoever acknowledges an alert has its incident, if nobody had it yet. @returns the incidents that somebody has now */
async function takeOn(context: Context, on: Executor): Promise<number[]> {
  const rows = await query(on, {
    name: 'incidents.taken_on',
    sql: `
      SELECT DISTINCT ON (i.number) i.number::float8 AS number, a.acknowledged_at AS at, a.acknowledged_by AS by, a.episode
      FROM incidents i JOIN incident_alerts o ON o.incident = i.number JOIN alerts a ON a.episode = o.episode
      WHERE i.closed_at IS NULL AND i.acknowledged_at IS NULL AND a.acknowledged_at IS NOT NULL
      ORDER BY i.number, a.acknowledged_at LIMIT ${passMax}`,
    params: [],
    schema: z.object({ number: z.int(), at: z.date(), by: z.string(), episode: z.string() }),
  });
  for (const { number, at, by, episode } of rows) {
    await stepIncident(on, number, 'acknowledged_at = greatest($2, detected_at)', at);
    await addEntry(on, number, { at, actor: { kind: 'person', name: by }, kind: 'acknowledged' });
    await recordAct(on, {
      at: context.now(),
      actor: plumbline,
      action: 'incidents.acknowledge',
      target: `incident:${number}`,
      detail: { by, episode },
      requestId: 'alerts',
    });
  }
  return rows.map(({ number }) => number);
}

/** An incident that alerts opened ends with its last alert; what a person called restored returns when it fires anew. */
async function restoreOrReturn(context: Context, on: Executor, number: number): Promise<void> {
  const [row] = await query(on, {
    name: 'incidents.course',
    sql: `
      SELECT i.restored_at AS "restoredAt", i.closed_at AS "closedAt",
             bool_or(a.resolved_at IS NULL) AS "isFiring", max(a.resolved_at) AS "overAt"
      FROM incidents i JOIN incident_alerts o ON o.incident = i.number JOIN alerts a ON a.episode = o.episode
      WHERE i.number = $1 GROUP BY i.number LIMIT 1`,
    params: [number],
    schema: z.object({
      restoredAt: z.date().nullable(),
      closedAt: z.date().nullable(),
      isFiring: z.boolean(),
      overAt: z.date().nullable(),
    }),
  });
  if (!row || row.closedAt) return;
  if (row.isFiring && row.restoredAt) {
    await move(context, on, number, 'returned', 'restored_at = NULL', context.now());
  } else if (!row.isFiring && !row.restoredAt && row.overAt) {
    await move(context, on, number, 'restored', 'restored_at = greatest($2, impact_started_at)', row.overAt);
  }
}

async function move(
  context: Context,
  on: Executor,
  number: number,
  kind: 'restored' | 'returned',
  set: string,
  at: Date,
): Promise<void> {
  await stepIncident(on, number, set, at);
  await addEntry(on, number, { at, actor: plumbline, kind });
  await recordAct(on, {
    at: context.now(),
    actor: plumbline,
    action: kind === 'restored' ? 'incidents.restore' : 'incidents.return',
    target: `incident:${number}`,
    requestId: 'alerts',
  });
}
