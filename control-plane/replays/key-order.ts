import { execute, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { chunkSize } from './freeze.ts';

/**
 * Lets one transaction at a time decide what of a flow goes out, so that two replays never send messages of one key at once.
 * Held until the transaction ends.
 */
export async function lockOrder(on: Executor, flow: string): Promise<void> {
  await execute(on, `SELECT pg_advisory_xact_lock(hashtextextended('plumbline replay order ' || $1, 0))`, [
    flow,
  ]);
}

const Blocked = z.object({ id: z.string(), replayId: z.string(), waits: z.boolean() });
/** A message that must not go now, and the replay that has what must go first; `waits`: that one is on its way to it. */
export type Blocked = z.output<typeof Blocked>;

const dayMs = 86_400_000;

/**
 * SQL for the letters of a flow that are not settled and have the key of letter `d`. OFFSET 0 keeps it a look-up in the index for each
 * letter: of letters that came a moment ago the planner knows nothing, and joined freely it reads the whole flow for each.
 */
function openOfKey(flow: string): string {
  return `(
          SELECT s.id, s.seq, s.state, s.replay_id, s.generation, s.message_id FROM dead_letters s
          WHERE s.flow = ${flow} AND s.keys[1] = d.keys[1] AND s.state IN ('open', 'acknowledged', 'replaying') OFFSET 0)`;
}

/**
 * Which of these letters must not go now: a message of their key is under way in another replay, or an older one stands in
 * the manifest of another that has begun and is still to be sent there. Call it under `lockOrder`. One look at a handful of rows
 * when no other replay of the flow is at work.
 */
export async function findBlocked(
  on: Executor,
  replay: { readonly id: string; readonly flow: string },
  letterIds: readonly string[],
  now: Date,
): Promise<Map<string, Blocked>> {
  const rivals = await query(on, {
    name: 'replays.rivals',
    sql: `
      SELECT r.id FROM replays r
      WHERE r.flow = $2 AND r.id <> $1 AND (r.state IN ('running', 'paused', 'halted')
        OR (r.state IN ('finished', 'cancelled') AND r.finished_at >= $3
          AND EXISTS (SELECT 1 FROM replay_items i WHERE i.replay_id = r.id AND i.state IN ('sending', 'sent'))))
      LIMIT 200`,
    params: [replay.id, replay.flow, new Date(now.getTime() - dayMs)],
    schema: z.object({ id: z.string() }),
  });
  if (rivals.length === 0) return new Map();
  const blocked = await query(on, {
    name: 'replays.blocked',
    sql: `
      WITH before AS MATERIALIZED (
        SELECT d.id, o.id AS other, o.seq < d.seq AS is_older, o.state, o.replay_id, o.generation
        FROM dead_letters d CROSS JOIN LATERAL ${openOfKey('$1')} o
        WHERE d.id = ANY ($2::uuid[]) AND o.id <> d.id
      ), waiting AS MATERIALIZED (
        SELECT DISTINCT other FROM before WHERE is_older AND state <> 'replaying'
      ), manifested AS MATERIALIZED (
        SELECT u.id AS other, m.replay_id, r.state
        FROM replays r JOIN replay_manifests m ON m.replay_id = r.id
          CROSS JOIN LATERAL unnest(m.dead_letters) WITH ORDINALITY AS u (id, n)
        WHERE r.id = ANY ($3::uuid[]) AND r.state IN ('running', 'paused', 'halted')
          AND m.dead_letters && ARRAY(SELECT other FROM waiting) AND u.id IN (SELECT other FROM waiting)
          AND NOT EXISTS (
            SELECT 1 FROM replay_items i WHERE i.replay_id = r.id AND i.position = m.chunk * ${chunkSize} + u.n - 1)
      )
      SELECT DISTINCT ON (id) id, "replayId", waits FROM (
        SELECT b.id, b.replay_id AS "replayId", true AS waits
        FROM before b JOIN replay_items i ON i.dead_letter_id = b.other AND i.generation = b.generation
        WHERE b.state = 'replaying' AND b.replay_id = ANY ($3::uuid[]) AND i.state IN ('sending', 'sent')
        UNION ALL
        SELECT b.id, m.replay_id, m.state = 'running' FROM before b JOIN manifested m ON m.other = b.other WHERE b.is_older
      ) found ORDER BY id, waits LIMIT ${chunkSize}`,
    params: [replay.flow, letterIds, rivals.map(({ id }) => id)],
    schema: Blocked,
  });
  return new Map(blocked.map((one) => [one.id, one]));
}

/** Of these letters those with a message of their key under way in the replay itself: letter → place of that message. */
export async function findUnderWay(
  on: Executor,
  replay: { readonly id: string; readonly flow: string },
  letterIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await query(on, {
    name: 'replays.under_way',
    sql: `
      SELECT DISTINCT ON (d.id) d.id, i.position
      FROM dead_letters d CROSS JOIN LATERAL ${openOfKey('$2')} o
        JOIN replay_items i ON i.dead_letter_id = o.id AND i.generation = o.generation
      WHERE d.id = ANY ($3::uuid[]) AND o.id <> d.id AND o.state = 'replaying' AND o.replay_id = $1
        AND i.replay_id = $1 AND i.state IN ('sending', 'sent')
      ORDER BY d.id, i.position LIMIT ${chunkSize}`,
    params: [replay.id, replay.flow, letterIds],
    schema: z.object({ id: z.string(), position: z.int() }),
  });
  return new Map(rows.map(({ id, position }) => [id, position]));
}

const Overtaking = z.object({ deadLetterId: z.string(), key: z.string(), after: z.string() });

/**
 * Of the first messages of a manifest those whose key has an older message that is neither settled nor in the manifest: sending them
 * turns the order round. `after` is the id of the oldest such message; at most `limit` messages are looked at.
 */
export function findOvertaking(
  on: Executor,
  replay: { readonly id: string; readonly flow: string },
  limit: number,
): Promise<z.output<typeof Overtaking>[]> {
  return query(on, {
    name: 'replays.overtaking',
    sql: `
      WITH frozen AS MATERIALIZED (
        SELECT unnest(dead_letters) AS id FROM replay_manifests WHERE replay_id = $1 AND chunk = 0 LIMIT $3
      )
      SELECT DISTINCT ON (d.seq) d.id AS "deadLetterId", d.keys[1] AS key, o.message_id AS after
      FROM frozen f JOIN dead_letters d ON d.id = f.id
        CROSS JOIN LATERAL ${openOfKey('$2')} o
      WHERE o.seq < d.seq AND o.id NOT IN (SELECT id FROM frozen)
      ORDER BY d.seq, o.seq LIMIT $3`,
    params: [replay.id, replay.flow, limit],
    schema: Overtaking,
  });
}
