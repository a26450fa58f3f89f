import { query, type ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { z } from 'zod';
import { type Interval, minuteMs } from './interval.ts';

const flowsMax = 5000;
/** Long lists of numbers: checked as one, since a schema for each number takes longer than the query. */
const counts = z.custom<readonly number[]>(
  (value) => Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0),
);

const FlowReading = z.object({
  flow: z.string(),
  /** Newest message, in seconds since the epoch. */
  newest: z.number(),
  /**
   * Minutes since the epoch; the lists below tell of the same rows in the same order. A minute may stand in several rows, by
   * operation and by what the engine has not merged yet: they add up.
   */
  minutes: counts,
  /** 1 processed, 2 sent, 0 anything else. */
  operations: counts,
  totals: counts,
  failed: counts,
  unreached: counts,
  deadLettered: counts,
});
/** Everything that objectives count of one flow, by the minute. */
export type FlowReading = z.output<typeof FlowReading>;

/**
 * Counts of flows by the minute, over a recent stretch and an older one, in one query. No flow named: all of them. It reads the rollup alone: its cost
 * follows flows × minutes and not how many messages there were.
 */
export function readMinutes(
  clickHouse: ClickHouse,
  recent: Interval,
  older: Interval,
  flows: readonly string[] = [],
): Promise<FlowReading[]> {
  const instant = (minute: number) => new Date(minute * minuteMs);
  return query(clickHouse, {
    name: 'objectives.minutes',
    sql: `
      SELECT Flow AS flow, toUnixTimestamp(max(LastTime)) AS newest,
             groupArray(intDiv(toUnixTimestamp(Minute), 60)) AS minutes,
             groupArray(transform(Operation, ['process', 'send'], [1, 2], 0)) AS operations, groupArray(Total) AS totals,
             groupArray(Failed) AS failed, groupArray(Unreached) AS unreached, groupArray(DeadLettered) AS deadLettered
      FROM flow_minute
      WHERE (empty({flows:Array(String)}) OR Flow IN {flows:Array(String)})
        AND ((Minute >= {recentFrom:DateTime} AND Minute < {recentTo:DateTime})
          OR (Minute >= {olderFrom:DateTime} AND Minute < {olderTo:DateTime}))
      GROUP BY Flow
      ORDER BY Flow
      LIMIT ${flowsMax}`,
    params: {
      recentFrom: instant(recent.from),
      recentTo: instant(recent.to),
      olderFrom: instant(older.from),
      olderTo: instant(older.to),
      flows: [...flows],
    },
    schema: FlowReading,
    rowsMax: flowsMax,
    timeoutMsMax: 60_000,
  });
}
