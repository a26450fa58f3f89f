import { query } from '@plumbline/model/clickhouse/client.ts';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { describeError } from '../log.ts';

const periodMs = 3000;
const windowMs = 3_600_000;

const Watermark = z.object({ newest: z.string(), messages: z.number(), failed: z.number() });

/** Tells live pages every few seconds that telemetry arrived, while somebody is looking. Answers how to stop. */
export function startTicking(context: Context): () => void {
  let before = '';
  let isRunning = false;
  let isFailing = false;
  const tick = async () => {
    const mark = await readWatermark(context);
    const text = JSON.stringify(mark ?? null);
    if (mark && text !== before) context.events.publish('telemetry.tick', mark);
    before = text;
  };
  const timer = setInterval(() => {
    if (isRunning || context.events.listeners === 0) return;
    isRunning = true;
    tick()
      .then(() => {
        isFailing = false;
      })
      .catch((error: unknown) => {
        // Once for each outage: a line every three seconds would hide the rest of the log.
        if (!isFailing) context.log.warn('the newest telemetry cannot be read', describeError(error));
        isFailing = true;
      })
      .finally(() => {
        isRunning = false;
      });
  }, periodMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** The newest message and the counts of the last hour, from the rollup by minute; undefined without any. */
export async function readWatermark(context: Context) {
  const to = context.now();
  const [row] = await query(context.clickHouse, {
    name: 'live.watermark',
    sql: `
      SELECT max(LastTime) AS newest, sum(Total) AS messages, sum(Failed) AS failed
      FROM flow_minute
      WHERE Minute >= {from:DateTime64(3)} AND Minute <= {to:DateTime64(3)}
      LIMIT 1`,
    params: { from: new Date(to.getTime() - windowMs), to },
    schema: Watermark,
    timeoutMsMax: 5000,
  });
  if (!row || row.messages === 0) return undefined;
  return { newestAt: row.newest, messagesLastHour: row.messages, failedLastHour: row.failed };
}
