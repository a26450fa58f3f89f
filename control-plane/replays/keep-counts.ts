import { execute, inTransaction, query, type Postgres } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { countedLedger } from './queries.ts';

const onceMax = 20;

/**
 * Counts the ledgers of replays that nobody works on, so that lists read one row for each. Whatever touches such a ledger later
 * voids its counts again (a trigger). Answers how many were counted.
 */
export async function keepCounts(postgres: Postgres): Promise<number> {
  const uncounted = await query(postgres, {
    name: 'replays.uncounted',
    sql: `
      SELECT id FROM replays
      WHERE counts IS NULL AND lease_owner IS NULL AND state IN ('paused', 'halted', 'finished', 'cancelled', 'rejected')
      ORDER BY seq DESC LIMIT ${onceMax}`,
    params: [],
    schema: z.object({ id: z.string() }),
  });
  for (const { id } of uncounted)
    await inTransaction(postgres, async (on) => {
      // Waits for every transaction that has touched the ledger, and keeps others from it until this is written.
      await execute(on, 'SELECT 1 FROM replays WHERE id = $1 FOR UPDATE', [id]);
      await execute(on, `UPDATE replays r SET counts = ${countedLedger} WHERE r.id = $1`, [id]);
    });
  return uncounted.length;
}
