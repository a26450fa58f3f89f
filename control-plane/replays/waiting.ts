import { query } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { findBlocked, findUnderWay } from './key-order.ts';
import type { ItemRow } from './queries.ts';
import type { ReplayItem } from './schemas.ts';

const ReplayRow = z.object({ flow: z.string() });

/** Items with what those that are still to be sent wait for: an earlier message of their key, here or in another replay. */
export async function withWaiting(
  context: Context,
  id: string,
  items: readonly ItemRow[],
): Promise<ReplayItem[]> {
  const pending = items.filter(({ state }) => state === 'pending').map(({ deadLetterId }) => deadLetterId);
  const replay = pending.length > 0 ? await findSerial(context, id) : undefined;
  if (!replay) return items.map((item) => ({ ...item, waitsFor: null }));
  const [own, others] = await Promise.all([
    findUnderWay(context.postgres, { id, flow: replay.flow }, pending),
    findBlocked(context.postgres, { id, flow: replay.flow }, pending, context.now()),
  ]);
  return items.map((item) => {
    const position = own.get(item.deadLetterId);
    const other = others.get(item.deadLetterId);
    if (position !== undefined) return { ...item, waitsFor: { replayId: id, position } };
    return { ...item, waitsFor: other?.waits ? { replayId: other.replayId, position: null } : null };
  });
}

/** A replay that is at work and keeps the order of keys; undefined: nothing of it waits for another message. */
async function findSerial(
  { postgres }: Context,
  id: string,
): Promise<z.output<typeof ReplayRow> | undefined> {
  const [row] = await query(postgres, {
    name: 'replays.serial',
    sql: `SELECT flow FROM replays WHERE id = $1 AND serial AND state IN ('running', 'paused', 'halted') LIMIT 1`,
    params: [id],
    schema: ReplayRow,
  });
  return row;
}
