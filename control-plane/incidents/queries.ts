import { execute, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import type { Actor } from '../actor.ts';
import { Problem } from '../problem.ts';
import { Entry, EntryKind, Incident, type IncidentFilter } from './schemas.ts';

const entriesMax = 1000;
const iso = z.date().transform((at) => at.toISOString());

const IncidentRow = Incident.extend({
  impactStartedAt: iso,
  detectedAt: iso,
  acknowledgedAt: iso.nullable(),
  restoredAt: iso.nullable(),
  closedAt: iso.nullable(),
});

/** Columns of an `Incident`, under its own names, of `incidents i`. */
const incidentColumns = `
  i.number::float8 AS number, i.title, i.severity, i.origin, i.flows, i.summary, i.revision,
  CASE WHEN i.closed_at IS NOT NULL THEN 'closed' WHEN i.restored_at IS NOT NULL THEN 'restored'
       WHEN i.acknowledged_at IS NOT NULL THEN 'acknowledged' ELSE 'open' END AS state,
  (SELECT jsonb_build_object('id', p.id, 'name', p.name) FROM people p WHERE p.id = i.assignee) AS assignee,
  i.impact_started_at AS "impactStartedAt", i.detected_at AS "detectedAt", i.acknowledged_at AS "acknowledgedAt",
  i.restored_at AS "restoredAt", i.closed_at AS "closedAt",
  (SELECT count(*)::integer FROM incident_alerts o JOIN alerts a ON a.episode = o.episode
   WHERE o.incident = i.number AND a.resolved_at IS NULL) AS firing`;

/** Incidents, the newest first; served by the primary key, or by the index of those that last. */
export function readIncidents(
  on: Executor,
  { state, flow }: z.output<typeof IncidentFilter>,
  page: { before: number | undefined; limit: number },
): Promise<Incident[]> {
  return query(on, {
    name: 'incidents.list',
    sql: `
      SELECT ${incidentColumns} FROM incidents i
      WHERE ($1 = 'all' OR (i.closed_at IS NULL) = ($1 = 'lasting'))
        AND ($2::text IS NULL OR $2 = ANY (i.flows))
        AND ($3::bigint IS NULL OR i.number < $3)
      ORDER BY i.number DESC
      LIMIT $4`,
    params: [state, flow ?? null, page.before ?? null, page.limit],
    schema: IncidentRow,
  });
}

/** @throws Problem not_found */
export async function readIncident(on: Executor, number: number): Promise<Incident> {
  const [row] = await query(on, {
    name: 'incidents.one',
    sql: `SELECT ${incidentColumns} FROM incidents i WHERE i.number = $1 LIMIT 1`,
    params: [number],
    schema: IncidentRow,
  });
  if (!row) throw new Problem('not_found', `There is no incident ${number}.`);
  return row;
}

/** The same, held until the transaction ends, so that two people who act at once act one after the other. */
export async function lockIncident(on: Executor, number: number): Promise<Incident> {
  await execute(on, 'SELECT FROM incidents WHERE number = $1 FOR UPDATE', [number]);
  return readIncident(on, number);
}

const EntryRow = z.object({
  at: iso,
  actorKind: Entry.shape.actor.shape.kind,
  actorName: z.string(),
  kind: EntryKind,
  text: z.string(),
  episode: z.string().nullable(),
});

/** The timeline, oldest first; of a longer one its end. */
export async function readEntries(on: Executor, number: number): Promise<Entry[]> {
  const rows = await query(on, {
    name: 'incidents.entries',
    sql: `
      SELECT at, actor_kind AS "actorKind", actor_name AS "actorName", kind, text, episode
      FROM incident_entries WHERE incident = $1 ORDER BY id DESC LIMIT ${entriesMax}`,
    params: [number],
    schema: EntryRow,
  });
  return rows
    .reverse()
    .map(({ actorKind, actorName, ...entry }) => ({ ...entry, actor: { kind: actorKind, name: actorName } }));
}

export interface NewEntry {
  readonly at: Date;
  readonly actor: Pick<Actor, 'kind' | 'name'>;
  readonly kind: EntryKind;
  readonly text?: string;
  readonly episode?: string;
}

/** Adds a line to the timeline, in the transaction of what it tells of. */
export async function addEntry(on: Executor, incident: number, entry: NewEntry): Promise<void> {
  await execute(
    on,
    `INSERT INTO incident_entries (incident, at, actor_kind, actor_name, kind, text, episode)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [
      incident,
      entry.at,
      entry.actor.kind,
      entry.actor.name,
      entry.kind,
      (entry.text ?? '').slice(0, 5000),
      entry.episode ?? null,
    ],
  );
}

export interface Beginning {
  readonly title: string;
  readonly severity: Incident['severity'];
  readonly origin: Incident['origin'];
  readonly flows: readonly string[];
  readonly impactStartedAt: Date;
  readonly detectedAt: Date;
}

/** @returns its number */
export async function insertIncident(on: Executor, begun: Beginning): Promise<number> {
  const [row] = await query(on, {
    name: 'incidents.insert',
    sql: `
      INSERT INTO incidents (title, severity, origin, flows, impact_started_at, detected_at)
      VALUES ($1, $2, $3, $4, least($5::timestamptz, $6), $6) RETURNING number::float8 AS number`,
    params: [
      begun.title.slice(0, 500),
      begun.severity,
      begun.origin,
      begun.flows,
      begun.impactStartedAt,
      begun.detectedAt,
    ],
    schema: z.object({ number: z.int() }),
  });
  if (!row) throw new Error('an incident was inserted without a number');
  return row.number;
}

/** Changes where an incident stands. @param set assignments, with the instant as $2 */
export async function stepIncident(on: Executor, number: number, set: string, at: Date): Promise<void> {
  await execute(
    on,
    // Not every step has an instant to set, and PostgreSQL wants to know the type of each parameter.
    `UPDATE incidents SET ${set}, revision = revision + 1 WHERE number = $1 AND $2::timestamptz IS NOT NULL`,
    [number, at],
  );
}
