import { execute, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';

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
/** A message that must not go now, and the replay that holds what must go first; `waits`: it will, by itself. */
export type Blocked = z.output<typeof Blocked>;

/**
 * Which of these letters must not go now, because a message of the same key is under way in any replay, or an older one stands in the
 * manifest of another replay that has begun. Call it under `lockOrder`.
 */
export function findBlocked(
  on: Executor,
  replay: { readonly id: string; readonly flow: string },
  letterIds: readonly string[],
): Promise<Blocked[]> {
  return query(on, {
    name: 'replays.blocked',
    sql: `
      WITH others AS MATERIALIZED (
        SELECT id, state FROM replays
        WHERE flow = $2 AND id <> $1 AND state IN ('running', 'paused', 'halted')
      ), rivals AS MATERIALIZED (
        SELECT d.id, o.id AS rival, o.seq < d.seq AS is_older, o.state, o.replay_id, o.generation
        FROM dead_letters d JOIN dead_letters o ON o.flow = $2 AND o.keys @> d.keys[1:1] AND o.keys[1] = d.keys[1] AND o.id <> d.id
        WHERE d.id = ANY ($3::uuid[]) AND d.keys[1] IS NOT NULL AND o.state IN ('open', 'acknowledged', 'replaying')
      )
      SELECT DISTINCT ON (id) id, "replayId", waits FROM (
        SELECT v.id, v.replay_id AS "replayId", true AS waits
        FROM rivals v JOIN replay_items i ON i.dead_letter_id = v.rival AND i.generation = v.generation
        WHERE v.state = 'replaying' AND i.state IN ('sending', 'sent')
        UNION ALL
        SELECT v.id, r.id, r.state = 'running'
        FROM rivals v JOIN others r ON true JOIN replay_manifests m ON m.replay_id = r.id
          CROSS JOIN LATERAL unnest(m.dead_letters) WITH ORDINALITY AS u (id, n)
        WHERE v.is_older AND v.state <> 'replaying' AND u.id = v.rival
          AND NOT EXISTS (SELECT 1 FROM replay_items i WHERE i.replay_id = r.id AND i.position = m.chunk * 1000 + u.n - 1)
      ) b ORDER BY id, waits LIMIT 1000`,
    params: [replay.id, replay.flow, letterIds],
    schema: Blocked,
  });
}
