import type { Catalog } from '@plumbline/model/catalog/schema.ts';
import { inTransaction, query, type Postgres } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { hideQuotes } from '../dead-letters/quotes.ts';
import { readSecrets } from '../dead-letters/read-secrets.ts';
import { askedMax, type Evidence, type Outcome } from './evidence.ts';

/** Clocks of consumers may be this much behind ours. */
const skewMs = 2000;
/** So long after a death telemetry may still tell of it: then a failure dated before the send is no word about the send. */
const echoMs = 30_000;

const Awaited = z.object({
  position: z.int(),
  deadLetterId: z.string(),
  messageId: z.string(),
  sentAt: z.date(),
  /** Since when word is awaited: the last send. */
  awaitedSince: z.date(),
  state: z.enum(['sent', 'unknown']),
  key: z.string().nullable(),
});
export interface Awaiting extends z.output<typeof Awaited> {
  /** When it last died before, of its own or in an earlier replay; asked only where telemetry tells of a failure. */
  readonly diedAt: Date | null;
}

export interface Verdict {
  readonly position: number;
  readonly key: string | null;
  readonly before: Awaiting['state'];
  readonly state: 'confirmed' | 'refailed' | 'unknown';
  readonly reason: string | null;
  readonly traceId: string | null;
  readonly spanId: string | null;
}

/** What is confirmed for: one replay, and how long it waits for word. */
export interface Confirming {
  readonly id: string;
  readonly flow: string;
  readonly confirmWithinMs: number;
}

/**
 * Asks telemetry about one page of messages that were sent, from a position on, and settles what it tells. Answers the
 * verdicts and where the next page begins (0: from the start again). Writes compare states, so any process may do it.
 */
export async function confirmPage(
  postgres: Postgres,
  evidence: Evidence,
  catalog: Catalog,
  replay: Confirming,
  from: number,
  now: Date,
): Promise<{ verdicts: Verdict[]; next: number }> {
  const awaiting = await readAwaiting(postgres, replay.id, from);
  const first = awaiting[0];
  if (!first) return { verdicts: [], next: 0 };
  const since = new Date(Math.min(...awaiting.map(({ sentAt }) => sentAt.getTime())) - skewMs);
  const ids = [...new Set(awaiting.map(({ messageId }) => messageId))];
  const outcomes = await evidence.outcomes(replay.flow, ids, since);
  const byMessage = Map.groupBy(outcomes, ({ messageId }) => messageId);
  const told = (item: z.output<typeof Awaited>) => byMessage.get(item.messageId) ?? [];
  const failing = awaiting.filter((item) => item.state === 'sent' && told(item).some(isFailure));
  const deaths = await readDeaths(
    postgres,
    replay.id,
    failing.map(({ position }) => position),
  );
  const found = awaiting.flatMap((item) => {
    const diedAt = deaths.get(item.position) ?? null;
    const verdict = verdictOf({ ...item, diedAt }, told(item), replay.confirmWithinMs, now);
    return verdict ? [verdict] : [];
  });
  const verdicts = await write(
    postgres,
    replay.id,
    await hide(postgres, catalog, replay, found, awaiting),
    now,
  );
  const last = awaiting.at(-1);
  return { verdicts, next: awaiting.length === askedMax && last ? last.position + 1 : 0 };
}

/** Failures as their consumers name them, without what the name quotes of a message that nobody may read. */
async function hide(
  postgres: Postgres,
  catalog: Catalog,
  replay: Confirming,
  verdicts: readonly Verdict[],
  awaiting: readonly z.output<typeof Awaited>[],
): Promise<Verdict[]> {
  const idAt = new Map(awaiting.map(({ position, deadLetterId }) => [position, deadLetterId]));
  const failed = verdicts.flatMap(({ position, state }) =>
    state === 'refailed' ? [idAt.get(position) ?? ''] : [],
  );
  const secrets = await readSecrets(postgres, catalog, replay.flow, failed);
  return verdicts.map((verdict) => {
    const own = secrets.get(idAt.get(verdict.position) ?? '') ?? [];
    return verdict.reason === null ? verdict : { ...verdict, reason: hideQuotes(verdict.reason, own) };
  });
}

/** What telemetry says of one send; undefined: no word yet. A success counts whatever else was said. Pure. */
export function verdictOf(
  item: Awaiting,
  outcomes: readonly Outcome[],
  confirmWithinMs: number,
  now: Date,
): Verdict | undefined {
  const { position, key, state: before, sentAt } = item;
  const sentMs = sentAt.getTime();
  const ours = outcomes.filter(({ at }) => at.getTime() >= sentMs - skewMs);
  const base = { position, key, before };
  const proof = ({ traceId, spanId }: Outcome) => ({ traceId, spanId });
  const success = ours.find(({ outcome }) => outcome === 'delivered');
  if (success) return { ...base, state: 'confirmed', reason: null, ...proof(success) };
  const discarded = ours.find(({ outcome }) => outcome === 'discarded');
  if (discarded)
    return { ...base, state: 'confirmed', reason: 'the consumer knew it already', ...proof(discarded) };
  const diedJustBefore = item.diedAt !== null && sentMs - item.diedAt.getTime() < echoMs;
  const failure = ours.find((one) => isFailure(one) && (!diedJustBefore || one.at.getTime() >= sentMs));
  if (failure && before === 'sent')
    return {
      ...base,
      state: 'refailed',
      reason: failure.errorType || 'the consumer failed',
      ...proof(failure),
    };
  if (before === 'sent' && now.getTime() - item.awaitedSince.getTime() > confirmWithinMs) {
    const reason = `no word from the consumer within ${Math.round(confirmWithinMs / 1000)} s`;
    return { ...base, state: 'unknown', reason, traceId: null, spanId: null };
  }
  return undefined;
}

function isFailure({ outcome }: Outcome): boolean {
  return outcome === 'dead_lettered' || outcome === 'failed';
}

/** When messages of a replay died before it sent them, by position. */
async function readDeaths(
  postgres: Postgres,
  id: string,
  positions: readonly number[],
): Promise<Map<number, Date>> {
  if (positions.length === 0) return new Map();
  const rows = await query(postgres, {
    name: 'replays.deaths',
    sql: `
      SELECT i.position, greatest(d.failed_at, (
          SELECT max(p.settled_at) FROM replay_items p
          WHERE p.dead_letter_id = i.dead_letter_id AND p.generation < i.generation
        )) AS "diedAt"
      FROM replay_items i LEFT JOIN dead_letters d ON d.id = i.dead_letter_id
      WHERE i.replay_id = $1 AND i.position = ANY ($2::integer[]) LIMIT ${askedMax}`,
    params: [id, positions],
    schema: z.object({ position: z.int(), diedAt: z.date().nullable() }),
  });
  return new Map(rows.flatMap(({ position, diedAt }) => (diedAt ? [[position, diedAt] as const] : [])));
}

function readAwaiting(postgres: Postgres, id: string, from: number): Promise<z.output<typeof Awaited>[]> {
  return query(postgres, {
    name: 'replays.awaiting',
    sql: `
      SELECT i.position, i.dead_letter_id AS "deadLetterId", i.message_id AS "messageId", coalesce(i.sent_at, i.claimed_at) AS "sentAt",
        coalesce(i.resent_at, i.sent_at, i.claimed_at) AS "awaitedSince", i.state, d.keys[1] AS key
      FROM replay_items i LEFT JOIN dead_letters d ON d.id = i.dead_letter_id
      WHERE i.replay_id = $1 AND i.state IN ('sent', 'unknown') AND i.position >= $2
      ORDER BY i.position LIMIT ${askedMax}`,
    params: [id, from],
    schema: Awaited,
  });
}

/** Settles rows that are still as they were read, and the letters with them. Answers the verdicts that took effect. */
async function write(
  postgres: Postgres,
  id: string,
  verdicts: readonly Verdict[],
  now: Date,
): Promise<Verdict[]> {
  if (verdicts.length === 0) return [];
  const settled = await inTransaction(postgres, (on) =>
    query(on, {
      name: 'replays.confirm',
      sql: `
        WITH told AS (
          SELECT * FROM unnest($3::integer[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
            AS t (position, before, state, reason, trace_id, span_id)
        ), done AS (
          UPDATE replay_items i SET state = t.state, reason = t.reason, settled_at = $2, trace_id = t.trace_id, span_id = t.span_id
          FROM told t
          WHERE i.replay_id = $1::uuid AND i.position = t.position AND i.state = t.before
          RETURNING i.position, i.dead_letter_id, i.state, i.trace_id
        ), held AS MATERIALIZED (
          -- By id and locked: as a join on the state as well, a planner that knows no replaying letter yet reads all of them for each.
          SELECT d.id FROM dead_letters d
          WHERE d.id = ANY (ARRAY(SELECT dead_letter_id FROM done WHERE state <> 'unknown'))
            AND d.state = 'replaying' AND d.replay_id = $1::uuid
          ORDER BY d.id FOR NO KEY UPDATE
        ), letters AS (
          UPDATE dead_letters d SET state = CASE WHEN done.state = 'confirmed' THEN 'resolved' ELSE 'open' END,
            replay_id = NULL, revision = d.revision + 1,
            settled_at = CASE WHEN done.state = 'confirmed' THEN $2::timestamptz END,
            settled_why = CASE WHEN done.state = 'confirmed'
              THEN 'Replay ' || $1::uuid::text || ' was confirmed by its consumer in trace ' || coalesce(done.trace_id, '') END
          FROM done JOIN held ON held.id = done.dead_letter_id
          WHERE d.id = held.id
        )
        SELECT position FROM done`,
      params: [
        id,
        now,
        verdicts.map(({ position }) => position),
        verdicts.map(({ before }) => before),
        verdicts.map(({ state }) => state),
        verdicts.map(({ reason }) => reason),
        verdicts.map(({ traceId }) => traceId),
        verdicts.map(({ spanId }) => spanId),
      ],
      schema: z.object({ position: z.int() }),
    }),
  );
  const effective = new Set(settled.map(({ position }) => position));
  return verdicts.filter(({ position }) => effective.has(position));
}
