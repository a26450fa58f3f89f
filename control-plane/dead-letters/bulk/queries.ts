import { query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { DeadLetterAction, DeadLetterFilter } from '../schemas.ts';
import { DeadLetterBulk } from './schemas.ts';

/** Whoever looks wants what runs and what just ended; the audit log has the rest. */
const listedMax = 50;

const columns = `
  id, state, action->>'kind' AS kind, actor_name AS "requestedBy", requested_at AS "requestedAt", ended_at AS "endedAt",
  letters, changed, skipped, error`;

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
        cursor_seq::text AS after, upper_seq::text AS "upTo", failures, request_id AS "requestId"
      FROM dead_letter_bulks WHERE state = 'running'
      ORDER BY worked_at NULLS FIRST, seq
      LIMIT 1 FOR UPDATE SKIP LOCKED`,
    params: [],
    schema: WorkRow,
  });
  return row;
}
