import { execute, inTransaction, query } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import type { Actor } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import type { UnknownVerdict } from './schemas.ts';

/** Settles what telemetry could not: a person looked, and says whether the message arrived. @throws Problem conflict */
export async function giveVerdict(
  context: Context,
  actor: Actor,
  at: { readonly id: string; readonly position: number },
  input: UnknownVerdict,
  requestId: string,
): Promise<void> {
  const { id, position } = at;
  const isDelivered = input.verdict === 'delivered';
  const now = context.now();
  await inTransaction(context.postgres, async (on) => {
    const [item] = await query(on, {
      name: 'replays.verdict',
      sql: `
        UPDATE replay_items SET state = $3, settled_at = $4, reason = $5
        WHERE replay_id = $1 AND position = $2 AND state = 'unknown'
        RETURNING dead_letter_id AS "deadLetterId"`,
      params: [id, position, isDelivered ? 'confirmed' : 'refailed', now, `${actor.name}: ${input.reason}`],
      schema: z.object({ deadLetterId: z.string() }),
    });
    if (!item)
      throw new Problem('conflict', 'Nobody has to judge this message: it is not unknown, or not any more.');
    await execute(
      on,
      `UPDATE dead_letters SET state = $3, replay_id = NULL, revision = revision + 1, settled_at = $4, settled_why = $5
       WHERE id = $1 AND state = 'replaying' AND replay_id = $2`,
      [
        item.deadLetterId,
        id,
        isDelivered ? 'resolved' : 'open',
        isDelivered ? now : null,
        isDelivered ? `Replay ${id}: ${actor.name} found it delivered: ${input.reason}` : null,
      ],
    );
    await recordAct(on, {
      at: now,
      actor,
      action: 'replays.verdict',
      target: `replay:${id}`,
      detail: { position, deadLetter: item.deadLetterId, ...input },
      requestId,
    });
  });
  context.events.publish('replay.changed', { id });
}
