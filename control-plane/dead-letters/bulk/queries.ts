import { query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { DeadLetterAction, DeadLetterFilter } from '../schemas.ts';
import { DeadLetterBulk } from './schemas.ts';

/** Whoever looks wants what runs and what just ended; the audit log has the rest. */
const listedMax = 50;

const columns = `
  id, state, action->>'kind' AS kind, actor_name AS "requestedBy", requested_at AS "requestedAt", ended_at AS "endedAt",
  letters, changed, skipped, error,
  CASE WHEN cardinality(held) > 0 THEN jsonb_build_object('count', cardinality(held), 'by', coalesce(held_by, ''),
    'letters', ARRAY(SELECT d.id FROM dead_letters d WHERE d.seq = ANY (held[1:20]) ORDER BY d.seq)) END AS held`;

const BulkRow = DeadLetterBulk.extend({
  requestedAt: z.date().transform((at) => at.toISOString()),
  endedAt: z
    .date()
    .nullable()
    .transform((at) => at?.toISOString() ?? null),
});
export type BulkRow = z.output<typeof BulkRow>;

/** What runs, and what ended after `since`: the newest first. */
export function listBulks(on: Executor, since: Date): Promise<BulkRow[]> {
  return query(on, {
    name: 'dead_letter_bulks.list',
    sql: `SELECT ${columns} FROM dead_letter_bulks WHERE state = 'running' OR ended_at > $1 ORDER BY seq DESC LIMIT ${listedMax}`,
    params: [since],
    schema: BulkRow,
  });
}

export async function findBulk(on: Executor, id: string): Promise<BulkRow | undefined> {
  const [row] = await query(on, {
    name: 'dead_letter_bulks.find',
    sql: `SELECT ${columns} FROM dead_letter_bulks WHERE id = $1 LIMIT 1`,
    params: [id],
    schema: BulkRow,
  });
  return row;
}

const WorkRow = z.object({
  id: z.string(),
  personId: z.string().nullable(),
  filter: DeadLetterFilter,
  action: DeadLetterAction.shape.action,
  requestedAt: z.date(),
  after: z.string(),
  upTo: z.string(),
  held: z.array(z.string()),
  failures: z.int(),
  requestId: z.string(),
});
export type WorkRow = z.output<typeof WorkRow>;

/** The running bulk that waited longest, locked for the rest of the transaction; one that another process works on is passed over. */
export async function lockNextBulk(on: Executor): Promise<WorkRow | undefined> {
  const [row] = await query(on, {
    name: 'dead_letter_bulks.next',
    sql: `
      SELECT id, CASE WHEN actor_kind = 'person' THEN actor_id END AS "personId", filter, action, requested_at AS "requestedAt",
        cursor_seq::text AS after, upper_seq::text AS "upTo", held::text[] AS held, failures, request_id AS "requestId"
      FROM dead_letter_bulks WHERE state = 'running'
      ORDER BY worked_at NULLS FIRST, seq
      LIMIT 1 FOR UPDATE SKIP LOCKED`,
    params: [],
    schema: WorkRow,
  });
  return row;
}

/**
 * Who may have letters locked: PostgreSQL does not tell whose a lock of a row is without waiting for it, so these are the
 * sessions in the middle of a change of the table, the longest first.
 */
export async function readHolders(on: Executor): Promise<string> {
  const rows = await query(on, {
    name: 'dead_letter_bulks.holders',
    sql: `
      SELECT concat_ws(' ', coalesce(nullif(a.application_name, ''), 'a session'), '(pid ' || a.pid || ')', 'since', to_char(a.xact_start AT TIME ZONE 'UTC', 'HH24:MI:SS'), 'UTC') AS holder
      FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
      WHERE l.relation = 'dead_letters'::regclass AND l.mode IN ('RowShareLock', 'RowExclusiveLock') AND l.granted AND l.pid <> pg_backend_pid()
      GROUP BY a.pid, a.application_name, a.xact_start ORDER BY a.xact_start LIMIT 5`,
    params: [],
    schema: z.object({ holder: z.string() }),
  });
  return rows.length === 0 ? 'a session that is over by now' : rows.map(({ holder }) => holder).join(', ');
}
