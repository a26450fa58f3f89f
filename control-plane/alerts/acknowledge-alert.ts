import { inTransaction, query } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import type { Actor } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { readAlert } from './queries.ts';
import type { Alert } from './schemas.ts';

/**
 * Says that somebody has it: until then it is not told again. When the time is over and it still fires, it is. Whoever
 * does so again begins the time anew. @throws Problem not_found, conflict
 */
export async function acknowledgeAlert(
  context: Context,
  actor: Actor,
  requestId: string,
  { episode, minutes }: { episode: string; minutes: number },
): Promise<Alert> {
  const at = context.now();
  const until = new Date(at.getTime() + minutes * 60_000);
  const alert = await inTransaction(context.postgres, async (on) => {
    const rows = await query(on, {
      name: 'alerts.acknowledge',
      sql: `
        UPDATE alerts SET acknowledged_at = $2, acknowledged_by = $3, acknowledged_until = $4
        WHERE episode = $1 AND resolved_at IS NULL RETURNING key`,
      params: [episode, at, actor.name, until],
      schema: z.object({ key: z.string() }),
    });
    const found = await readAlert(on, episode, at);
    if (!found) throw new Problem('not_found', 'There is no such alert.');
    if (rows.length === 0) throw new Problem('conflict', 'This alert is over: there is nothing to take on.');
    await recordAct(on, {
      at,
      actor,
      action: 'alerts.acknowledge',
      target: `alert:${episode}`,
      detail: { key: found.key, until: until.toISOString() },
      requestId,
    });
    return found;
  });
  context.events.publish('alerts.changed', { episode });
  return alert;
}
