import { execute } from '@plumbline/model/postgres/pool.ts';
import type { Context } from '../context.ts';

const keptDays = 90;
const dayMs = 86_400_000;
const deletedMax = 1000;

/**
 * Deletes what was settled long ago, until `isOver`; never what a replay that is not over has in its ledger, nor what its
 * manifest may hold: a letter of its flow that was settled only after it was frozen.
 */
export async function forget(context: Context, isOver: () => boolean): Promise<void> {
  const before = new Date(context.now().getTime() - keptDays * dayMs);
  for (;;) {
    const deleted = await execute(
      context.postgres,
      `DELETE FROM dead_letters WHERE id IN (
         SELECT d.id FROM dead_letters d
         WHERE d.state IN ('resolved', 'ignored') AND d.settled_at < $1
           AND NOT EXISTS (SELECT 1 FROM replays r
             WHERE r.flow = d.flow AND r.state NOT IN ('finished', 'cancelled', 'rejected') AND r.requested_at <= d.settled_at)
           AND NOT EXISTS (SELECT 1 FROM replay_items i JOIN replays r ON r.id = i.replay_id
             WHERE i.dead_letter_id = d.id AND r.state NOT IN ('finished', 'cancelled', 'rejected'))
         LIMIT ${deletedMax})`,
      [before],
    );
    if (deleted < deletedMax || isOver()) return;
  }
}
