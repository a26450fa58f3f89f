import { query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import type { Selection } from './select-letters.ts';
import { DeadLetterState } from './schemas.ts';

const groupsMax = 500;
const countMax = 10_000;
const attemptsMax = 100;
const notesMax = 200;
const replaysMax = 20;

const instant = z.date().transform((at) => at.toISOString());
const maybeInstant = z
  .date()
  .nullable()
  .transform((at) => at?.toISOString() ?? null);
const person = z.object({ id: z.string(), name: z.string() }).nullable();
const money = z.object({ amount: z.string(), currency: z.string() });

const summaryColumns = `
  d.id, d.seq::text AS seq, d.flow, d.message_id AS "messageId", d.state, d.cause, d.error_type AS "errorType",
  d.error_message AS "errorMessage", d.failed_at AS "failedAt", d.arrived_at AS "arrivedAt", d.keys,
  CASE WHEN d.value IS NOT NULL THEN jsonb_build_object('amount', d.value::text, 'currency', coalesce(d.currency, '')) END AS value,
  d.body_bytes AS "bodyBytes", d.trace_id AS "traceId", d.span_id AS "spanId", d.generation, d.revision,
  (SELECT jsonb_build_object('id', p.id, 'name', p.name) FROM people p WHERE p.id = d.assignee) AS assignee,
  d.tags, d.snoozed_until AS "snoozedUntil", d.replay_id AS "replayId", d.settled_at AS "settledAt", d.settled_why AS "settledWhy"`;

const SummaryRow = z.object({
  id: z.string(),
  seq: z.string(),
  flow: z.string(),
  messageId: z.string(),
  state: DeadLetterState,
  cause: z.string(),
  errorType: z.string(),
  errorMessage: z.string(),
  failedAt: instant,
  arrivedAt: instant,
  keys: z.array(z.string()),
  value: money.nullable(),
  bodyBytes: z.int(),
  traceId: z.string(),
  spanId: z.string(),
  generation: z.int(),
  revision: z.int(),
  assignee: person,
  tags: z.array(z.string()),
  snoozedUntil: maybeInstant,
  replayId: z.string().nullable(),
  settledAt: maybeInstant,
  settledWhy: z.string().nullable(),
});
export type SummaryRow = z.output<typeof SummaryRow>;

/** Letters by intake, newest first; those before `before` alone. */
export function listLetters(
  on: Executor,
  { where, params }: Selection,
  page: { readonly before: string | null; readonly limit: number },
): Promise<SummaryRow[]> {
  const [before, limit] = [params.length + 1, params.length + 2];
  return query(on, {
    name: 'dead_letters.list',
    sql: `
      SELECT ${summaryColumns}
      FROM dead_letters d
      WHERE ${where} AND ($${before}::bigint IS NULL OR d.seq < $${before})
      ORDER BY d.seq DESC
      LIMIT $${limit}`,
    params: [...params, page.before, page.limit],
    schema: SummaryRow,
  });
}

/** How many there are, exact to 10,000; null beyond. */
export async function countLetters(on: Executor, { where, params }: Selection): Promise<number | null> {
  const [row] = await query(on, {
    name: 'dead_letters.count',
    sql: `SELECT count(*)::integer AS n FROM (SELECT 1 FROM dead_letters d WHERE ${where} LIMIT ${countMax + 1}) found LIMIT 1`,
    params,
    schema: z.object({ n: z.int() }),
  });
  const n = row?.n ?? 0;
  return n > countMax ? null : n;
}

const GroupRow = z.object({
  flow: z.string(),
  cause: z.string(),
  count: z.int(),
  open: z.int(),
  acknowledged: z.int(),
  quarantined: z.int(),
  keys: z.int(),
  values: z.array(money),
  firstAt: instant,
  lastAt: instant,
  example: z.string(),
  errorType: z.string(),
  errorMessage: z.string(),
  notes: z.int(),
  assignee: person,
});
export type GroupRow = z.output<typeof GroupRow>;

/** Letters by flow and cause, the largest group first; one more row than are shown tells that there are more. */
export function listGroups(on: Executor, { where, params }: Selection): Promise<GroupRow[]> {
  return query(on, {
    name: 'dead_letters.groups',
    sql: `
      WITH found AS MATERIALIZED (
        SELECT d.flow COLLATE "C" AS flow, d.cause COLLATE "C" AS cause, d.state, d.seq, d.failed_at, d.keys[1] AS key, d.value, d.currency, d.assignee
        FROM dead_letters d WHERE ${where}
      ), groups AS (
        SELECT flow, cause, count(*)::integer AS count,
          count(*) FILTER (WHERE state = 'open')::integer AS open,
          count(*) FILTER (WHERE state = 'acknowledged')::integer AS acknowledged,
          count(*) FILTER (WHERE state = 'quarantined')::integer AS quarantined,
          min(failed_at) AS first_at, max(failed_at) AS last_at, max(seq) AS newest,
          CASE WHEN min(assignee::text) = max(assignee::text) AND count(assignee) = count(*) THEN min(assignee::text)::uuid END AS assignee
        FROM found GROUP BY flow, cause
        ORDER BY count DESC, flow, cause
        LIMIT ${groupsMax + 1}
      ), worth AS (
        SELECT flow, cause, jsonb_agg(jsonb_build_object('amount', amount::text, 'currency', currency)) AS list
        FROM (SELECT flow, cause, coalesce(currency, '') AS currency, sum(value) AS amount
              FROM found WHERE value IS NOT NULL GROUP BY 1, 2, 3) v
        GROUP BY 1, 2
      ), distinct_keys AS (
        SELECT flow, cause, count(*)::integer AS n
        FROM (SELECT flow, cause, key FROM found WHERE key IS NOT NULL GROUP BY 1, 2, 3) k GROUP BY 1, 2
      )
      SELECT g.flow, g.cause, g.count, g.open, g.acknowledged, g.quarantined, coalesce(k.n, 0) AS keys,
        coalesce(w.list, '[]') AS values, g.first_at AS "firstAt", g.last_at AS "lastAt",
        e.id AS example, e.error_type AS "errorType", e.error_message AS "errorMessage",
        (SELECT count(*)::integer FROM dead_letter_notes n WHERE n.flow = g.flow AND n.cause = g.cause) AS notes,
        (SELECT jsonb_build_object('id', p.id, 'name', p.name) FROM people p WHERE p.id = g.assignee) AS assignee
      FROM groups g
      JOIN dead_letters e ON e.seq = g.newest
      LEFT JOIN worth w ON w.flow = g.flow AND w.cause = g.cause
      LEFT JOIN distinct_keys k ON k.flow = g.flow AND k.cause = g.cause
      ORDER BY g.count DESC, g.flow, g.cause
      LIMIT ${groupsMax + 1}`,
    params,
    schema: GroupRow,
  });
}

export const groupsShownMax = groupsMax;

const DetailRow = SummaryRow.extend({
  version: z.string().nullable(),
  payloadHash: z.instanceof(Buffer),
  body: z.instanceof(Buffer),
  bodyAbsent: z.boolean(),
  headers: z.instanceof(Buffer),
  key: z.instanceof(Buffer).nullable(),
  partition: z.int().nullable(),
  contentType: z.string().nullable(),
  destination: z.string().nullable(),
});
export type DetailRow = z.output<typeof DetailRow>;

/** One letter with its payload, byte for byte. */
export async function findLetter(on: Executor, id: string): Promise<DetailRow | undefined> {
  const [row] = await query(on, {
    name: 'dead_letters.find',
    sql: `
      SELECT ${summaryColumns}, d.version::text AS version, d.payload_hash AS "payloadHash", p.body, p.body_absent AS "bodyAbsent",
        p.headers, p.key, p.partition, p.content_type AS "contentType", p.destination
      FROM dead_letters d JOIN dead_letter_payloads p ON p.dead_letter_id = d.id
      WHERE d.id = $1
      LIMIT 1`,
    params: [id],
    schema: DetailRow,
  });
  return row;
}

const AttemptRow = z.object({
  at: instant,
  generation: z.int(),
  errorType: z.string(),
  errorMessage: z.string(),
  stack: z.string(),
  reason: z.string().nullable(),
  deliveries: z.int().nullable(),
  traceId: z.string(),
  spanId: z.string(),
  replayId: z.string().nullable(),
});

/** Every death of a letter, newest first. */
export function listAttempts(on: Executor, id: string) {
  return query(on, {
    name: 'dead_letters.attempts',
    sql: `
      SELECT at, generation, error_type AS "errorType", error_message AS "errorMessage", stack, reason, deliveries,
        trace_id AS "traceId", span_id AS "spanId", replay_id AS "replayId"
      FROM dead_letter_attempts WHERE dead_letter_id = $1
      ORDER BY at DESC, generation DESC LIMIT ${attemptsMax}`,
    params: [id],
    schema: AttemptRow,
  });
}

const NoteRow = z.object({
  id: z.string(),
  at: instant,
  author: z.string(),
  text: z.string(),
  ofCause: z.boolean(),
});

/** Notes on a letter and on its cause, oldest first. */
export function listNotes(
  on: Executor,
  letter: { readonly id: string; readonly flow: string; readonly cause: string },
) {
  return query(on, {
    name: 'dead_letters.notes',
    sql: `
      SELECT id, at, author_name AS author, text, cause IS NOT NULL AS "ofCause"
      FROM dead_letter_notes
      WHERE dead_letter_id = $1 OR (flow = $2 AND cause = $3)
      ORDER BY at LIMIT ${notesMax}`,
    params: [letter.id, letter.flow, letter.cause],
    schema: NoteRow,
  });
}

const HeldRow = z.object({ id: z.string(), at: instant, state: z.string(), reason: z.string().nullable() });

/** Newest replays that touched a letter, with what became of it there. */
export function listHolders(on: Executor, id: string) {
  return query(on, {
    name: 'dead_letters.replays',
    sql: `
      SELECT replay_id AS id, claimed_at AS at, state, reason
      FROM replay_items WHERE dead_letter_id = $1
      ORDER BY claimed_at DESC LIMIT ${replaysMax}`,
    params: [id],
    schema: HeldRow,
  });
}

const SourceRow = z.object({
  flow: z.string(),
  connection: z.string(),
  destination: z.string(),
  state: z.enum(['connected', 'disconnected', 'refused', 'waiting']),
  sentence: z.string(),
  since: instant,
  lastArrivalAt: maybeInstant,
});

/** What the tails of the queues said last. */
export function listSources(on: Executor) {
  return query(on, {
    name: 'dead_letters.sources',
    sql: `
      SELECT flow, connection, destination, state, sentence, since, last_arrival_at AS "lastArrivalAt"
      FROM dead_letter_sources ORDER BY flow LIMIT 2000`,
    params: [],
    schema: SourceRow,
  });
}
