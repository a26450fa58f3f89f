import { query, type ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { z } from 'zod';
import type { Run } from './outage.ts';
import { indicatorKey } from './readings.ts';

/** How far back the newest messages are looked for. */
const lookBackMs = 15 * 60_000;
/** Messages that arrived within this time are looked at, whatever their own time. */
const arrivedMs = 60 * 60_000;
const flowsMax = 5000;

const RunRow = z.object({
  flow: z.string(),
  operation: z.enum(['process', 'send']),
  bad: z.enum(['failed', 'dead-lettered']),
  badRun: z.number(),
  goodRun: z.number(),
  badSinceMs: z.number(),
});

/**
 * The run at the end of each flow, for both sides and both ways to count badness. A message is judged by its id, or by its first key
 * where it has none; an attempt that failed and will be made again is not bad where only giving up is.
 * @returns by `indicatorKey`; flows without a message are not in it
 */
export async function readRuns(
  clickHouse: ClickHouse,
  flows: readonly string[],
  nowMs: number,
): Promise<Map<string, Run>> {
  const rows = await query(clickHouse, {
    name: 'objectives.runs',
    sql: `
      WITH ends AS (
        SELECT Flow, Time, side, way,
               multiIf(MessageId != '', MessageId, notEmpty(Keys), Keys[1], SpanId) AS id,
               way = 'failed' AND Outcome IN ('failed', 'retried') OR Outcome = 'dead_lettered' AS isBad
        FROM messages
        ARRAY JOIN multiIf(Operation = 'send' AND Unreached = 1, ['send', 'process'], Operation = 'send', ['send'], ['process']) AS side
        ARRAY JOIN ['failed', 'dead-lettered'] AS way
        WHERE Flow IN {flows:Array(String)} AND Time >= {from:DateTime64(3)} AND Time <= {to:DateTime64(3)} AND IngestTime >= {arrived:DateTime64(3)}
          AND Operation IN ('send', 'process', 'settle') AND NOT (Operation = 'settle' AND Outcome != 'dead_lettered')
          AND (way = 'failed' OR Outcome NOT IN ('failed', 'retried'))
      ), newest AS (
        SELECT Flow, side, way, maxIf(Time, NOT isBad) AS lastGood, maxIf(Time, isBad) AS lastBad
        FROM ends GROUP BY Flow, side, way
      )
      SELECT Flow AS flow, side AS operation, way AS bad,
             toUInt32(uniqIf(id, isBad AND Time > lastGood)) AS badRun, toUInt32(uniqIf(id, NOT isBad AND Time > lastBad)) AS goodRun,
             toFloat64(toUnixTimestamp64Milli(minIf(Time, isBad AND Time > lastGood))) AS badSinceMs
      FROM ends INNER JOIN newest USING (Flow, side, way)
      WHERE Time > least(lastGood, lastBad)
      GROUP BY Flow, side, way
      LIMIT ${4 * flowsMax}`,
    params: {
      flows: [...new Set(flows)].slice(0, flowsMax),
      from: new Date(nowMs - lookBackMs),
      to: new Date(nowMs),
      arrived: new Date(nowMs - lookBackMs - arrivedMs),
    },
    schema: RunRow,
    rowsMax: 4 * flowsMax,
    timeoutMsMax: 10_000,
  });
  return new Map(
    rows.map((row) => [
      indicatorKey(row),
      { bad: row.badRun, good: row.goodRun, badSinceMs: row.badRun > 0 ? row.badSinceMs : null },
    ]),
  );
}
