import { query, type ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { z } from 'zod';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** When the newest telemetry of the last 31 days happened, never later than `now`; null when there is none. */
export async function readNewest(clickHouse: ClickHouse, now: Date): Promise<string | null> {
  // Nearly always something is recent, and the rest need not be read.
  return (await newestWithin(clickHouse, now, hourMs)) ?? newestWithin(clickHouse, now, 31 * dayMs);
}

async function newestWithin(clickHouse: ClickHouse, now: Date, backMs: number): Promise<string | null> {
  const [row] = await query(clickHouse, {
    name: 'overview.newest',
    sql: `
      SELECT maxOrNull(least(LastSeen, {now:DateTime64(3)})) AS newest
      FROM service_seen
      WHERE Minute >= {from:DateTime64(3)} AND Minute <= {now:DateTime64(3)}
      LIMIT 1`,
    params: { from: new Date(now.getTime() - backMs), now },
    schema: z.object({ newest: z.string().nullable() }),
  });
  return row?.newest ?? null;
}
