import { query } from '@plumbline/model/clickhouse/client.ts';
import { z } from 'zod';
import type { Context } from '../context.ts';

const periodMs = 3000;

const Watermark = z.object({ newest: z.string(), processed: z.number(), failed: z.number() });

/** Tells live pages every few seconds that telemetry arrived, while somebody is looking. Answers how to stop. */
export function startTicking(context: Context): () => void {
  let before = '';
  let running = false;
  const timer = setInterval(() => {
    if (running || context.events.listeners === 0) return;
    running = true;
    void tick()
      .catch(() => undefined)
      .finally(() => {
        running = false;
      });
  }, periodMs);
  const tick = async () => {
    const mark = await readWatermark(context);
    const text = JSON.stringify(mark);
    if (!mark || text === before) return;
    before = text;
    context.events.publish('telemetry.tick', mark);
  };
  return () => clearInterval(timer);
}

/** The newest message and the counts of the last hour, from the rollup by minute. */
async function readWatermark(context: Context) {
  const to = context.now();
  const [row] = await query(context.clickHouse, {
    name: 'live.watermark',
    sql: `
      SELECT max(LastTime) AS newest, sum(Total) AS processed, sum(Failed) AS failed
      FROM flow_minute
      WHERE Minute >= {from:DateTime} AND Minute <= {to:DateTime} AND Operation = 'process'
      LIMIT 1`,
    params: { from: new Date(to.getTime() - 3_600_000), to },
    schema: Watermark,
    timeoutMsMax: 5000,
  });
  return row && { newestAt: row.newest, processedLastHour: row.processed, failedLastHour: row.failed };
}
