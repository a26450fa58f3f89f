import { execute, inTransaction } from '@plumbline/model/postgres/pool.ts';
import type { Actor } from '../../actor.ts';
import { recordAct } from '../../audit/record.ts';
import type { Context } from '../../context.ts';
import { Problem } from '../../problem.ts';
import { findBulk, type BulkRow } from './queries.ts';

/**
 * Stops a bulk change after the part under way: the update waits for that part, whose transaction holds the row. What was
 * changed stays changed. @throws Problem not_found, conflict when it is over
 */
export async function cancelBulk(
  context: Context,
  actor: Actor,
  requestId: string,
  id: string,
): Promise<BulkRow> {
  const bulk = await inTransaction(context.postgres, async (on) => {
    const at = context.now();
    const stopped = await execute(
      on,
      "UPDATE dead_letter_bulks SET state = 'cancelled', ended_at = $2 WHERE id = $1 AND state = 'running'",
      [id, at],
    );
    const row = await findBulk(on, id);
    if (!row) throw new Problem('not_found', 'There is no such change: look at the list of changes.');
    if (stopped === 0) throw new Problem('conflict', 'It is over already: there is nothing left to stop.');
    const { kind, letters, changed, skipped } = row;
    await recordAct(on, {
      at,
      actor,
      action: 'dead_letters.bulk_cancelled',
      target: 'dead_letters',
      detail: { bulk: id, action: { kind }, letters, changed, skipped },
      requestId,
    });
    return row;
  });
  context.events.publish('dead-letters.changed', {});
  return bulk;
}
