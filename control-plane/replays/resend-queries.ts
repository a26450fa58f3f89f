import { query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';

const UnknownRow = z.object({
  position: z.int(),
  deadLetterId: z.string(),
  generation: z.int(),
  /** Id under which it died. */
  messageId: z.string(),
  /** Why it cannot be sent again; null: it can. */
  fault: z.string().nullable(),
});
export type Unknown = z.output<typeof UnknownRow>;

/**
 * Messages of unknown outcome, locked, each with what stands against sending it again. One that was claimed before `since` may
 * be forgotten by the target; one of a serial replay stays when a newer message of its key went out since.
 */
export function readUnknown(
  on: Executor,
  replay: { readonly id: string; readonly flow: string; readonly serial: boolean },
  page: {
    readonly positions: readonly number[] | null;
    readonly since: Date;
    readonly now: Date;
    readonly againAfterMs: number;
    readonly limit: number;
  },
): Promise<Unknown[]> {
  return query(on, {
    name: 'replays.unknown',
    sql: `
      SELECT i.position, i.dead_letter_id AS "deadLetterId", i.generation, d.message_id AS "messageId",
        CASE
          WHEN d.state <> 'replaying' OR d.replay_id <> i.replay_id OR d.generation <> i.generation THEN 'the replay does not hold it any more'
          WHEN d.payload_hash <> m.payload_hashes[i.position % 1000 + 1] THEN 'its payload is not the one of the manifest any more'
          WHEN i.claimed_at < $3 THEN 'it was sent too long ago: the target may have forgotten it'
          WHEN i.resent_at > $4 THEN 'it was sent again a moment ago'
          WHEN $5 AND d.keys[1] IS NOT NULL AND EXISTS (
            SELECT 1 FROM dead_letters n JOIN replay_items j ON j.dead_letter_id = n.id
            WHERE n.flow = $6 AND n.keys @> d.keys[1:1] AND n.keys[1] = d.keys[1] AND n.id <> d.id
              AND (j.state IN ('sending', 'sent')
                OR (n.seq > d.seq AND j.state IN ('confirmed', 'unknown') AND j.claimed_at >= i.claimed_at))
          ) THEN 'a newer message of its key went out since, or another is under way'
        END AS fault
      FROM replay_items i
        JOIN dead_letters d ON d.id = i.dead_letter_id
        JOIN replay_manifests m ON m.replay_id = i.replay_id AND m.chunk = i.position / 1000
      WHERE i.replay_id = $1 AND i.state = 'unknown' AND ($2::integer[] IS NULL OR i.position = ANY ($2))
      ORDER BY (i.claimed_at < $3), i.position
      LIMIT $7
      FOR NO KEY UPDATE OF i, d`,
    params: [
      replay.id,
      page.positions,
      page.since,
      new Date(page.now.getTime() - page.againAfterMs),
      replay.serial,
      replay.flow,
      page.limit,
    ],
    schema: UnknownRow,
  });
}
