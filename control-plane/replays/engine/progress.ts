import { query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import type { Place } from './queue.ts';
import type { Stage, Tally } from './stages.ts';

export interface Progress extends Tally {
  readonly skipped: number;
  /** Being sent, or sent and not yet confirmed. */
  readonly underWay: number;
}

/** What the ledger says of the positions of one stage. */
export async function readProgress(on: Executor, replayId: string, stage: Stage): Promise<Progress> {
  const [row] = await query(on, {
    name: 'replays.progress',
    sql: `
      SELECT count(*) FILTER (WHERE state = 'confirmed')::integer AS confirmed,
        count(*) FILTER (WHERE state IN ('refailed', 'unknown'))::integer AS failed,
        count(*) FILTER (WHERE state = 'skipped')::integer AS skipped,
        count(*) FILTER (WHERE state IN ('sending', 'sent'))::integer AS "underWay"
      FROM replay_items WHERE replay_id = $1 AND position >= $2 AND position < $3`,
    params: [replayId, stage.from, stage.end],
    schema: z.object({ confirmed: z.int(), failed: z.int(), skipped: z.int(), underWay: z.int() }),
  });
  return row ?? { confirmed: 0, failed: 0, skipped: 0, underWay: 0 };
}

/** Messages that were sent and wait for word, with the key that each keeps busy. */
export function readInFlight(on: Executor, replayId: string): Promise<Place[]> {
  return query(on, {
    name: 'replays.in_flight',
    sql: `
      SELECT i.position, d.keys[1] AS key FROM replay_items i JOIN dead_letters d ON d.id = i.dead_letter_id
      WHERE i.replay_id = $1 AND i.state IN ('sending', 'sent') AND d.keys[1] IS NOT NULL LIMIT 1000000`,
    params: [replayId],
    schema: z.object({ position: z.int(), key: z.string() }),
  });
}
