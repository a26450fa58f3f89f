import { query, type ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { z } from 'zod';
import type { TimeRange } from '../range.ts';
import { wholeHours } from '../slots.ts';

const flowsMax = 5000;
const slotRowsMax = 200_000;
/** Up to this length a range is read minute by minute; merging the sketches of longer ones would take too long. */
const minutesRangeMsMax = 6 * 3_600_000;
const instant = z.string();
const percentile = z.number().nullable();
const percentiles = z.tuple([percentile, percentile, percentile]);

const ofFlow = `({flow:String} = '' OR Flow = {flow:String})`;
const quantiles = 'quantilesDDMerge(0.01, 0.5, 0.95, 0.99)';
/** A sketch of nothing gives NaN, which JSON cannot say. */
const clean = (sketch: string) => `arrayMap(x -> if(isFinite(x), x, NULL), ${quantiles}(${sketch}))`;

/** Some columns of the rollup by the minute, with the start of the row's time as `At`. */
function byMinute(columns: string, flow: string): string {
  return `
      (SELECT Flow, Operation, Minute AS At, ${columns} FROM flow_minute
       WHERE Minute >= {from:DateTime64(3)} AND Minute < {to:DateTime64(3)} AND ${flow})`;
}

/** The same for a long range: hours, and minutes at its two ends, so that the figures are those of the exact range. */
function byHour(columns: string, flow: string): string {
  return `
      (SELECT Flow, Operation, Minute AS At, ${columns} FROM flow_minute
       WHERE ((Minute >= {from:DateTime64(3)} AND Minute < {firstHour:DateTime64(3)})
           OR (Minute >= {lastHour:DateTime64(3)} AND Minute < {to:DateTime64(3)})) AND ${flow}
       UNION ALL
       SELECT Flow, Operation, Hour AS At, ${columns} FROM flow_hour
       WHERE Hour >= {firstHour:DateTime64(3)} AND Hour < {lastHour:DateTime64(3)} AND ${flow})`;
}

/** The rollup that fits a range, as a table to select from, with its parameters. */
function rollup(range: TimeRange, columns: string, isLong: boolean, flow = ofFlow) {
  if (!isLong) return { table: byMinute(columns, flow), params: { ...range } };
  const { from: firstHour, to: lastHour } = wholeHours(range);
  return { table: byHour(columns, flow), params: { ...range, firstHour, lastHour } };
}

function isLong(range: TimeRange): boolean {
  return range.to.getTime() - range.from.getTime() > minutesRangeMsMax;
}

const FiguresRow = z.object({
  flow: z.string(),
  operation: z.string(),
  total: z.number(),
  failed: z.number(),
  retried: z.number(),
  deadLettered: z.number(),
  discarded: z.number(),
  /** Failed sends of which the target cannot know. */
  unreached: z.number(),
  lastAt: instant,
  duration: percentiles,
  delay: percentiles,
});
export type FiguresRow = z.output<typeof FiguresRow>;

/**
 * Figures by flow and operation over a range of whole minutes, at most four rows a flow. `flow` empty: all flows.
 * @param delays false leaves the delays unknown, which saves half of the merging.
 */
export function readFigures(
  clickHouse: ClickHouse,
  range: TimeRange,
  flow = '',
  delays = true,
): Promise<FiguresRow[]> {
  const columns = `Total, Failed, Retried, DeadLettered, Discarded, Unreached, LastTime, DurationMs${delays ? ', DelayMs' : ''}`;
  const { table, params } = rollup(range, columns, isLong(range));
  return query(clickHouse, {
    name: 'flows.figures',
    sql: `
      SELECT Flow AS flow, Operation AS operation, sum(Total) AS total, sum(Failed) AS failed, sum(Retried) AS retried,
             sum(DeadLettered) AS deadLettered, sum(Discarded) AS discarded, sum(Unreached) AS unreached, max(LastTime) AS lastAt,
             ${clean('DurationMs')} AS duration, ${delays ? clean('DelayMs') : '[NULL, NULL, NULL]'} AS delay
      FROM ${table}
      GROUP BY Flow, Operation
      ORDER BY Flow, Operation
      LIMIT ${flowsMax * 4}`,
    params: { ...params, flow },
    schema: FiguresRow,
    rowsMax: flowsMax * 4,
  });
}

const HeardRow = z.object({
  flow: z.string(),
  lastSentAt: instant.nullable(),
  lastProcessedAt: instant.nullable(),
});
export type HeardRow = z.output<typeof HeardRow>;

/** When each side of each flow was last heard within a range of whole minutes. */
export function readLastHeard(clickHouse: ClickHouse, range: TimeRange, flow = ''): Promise<HeardRow[]> {
  const { table, params } = rollup(range, 'LastTime', isLong(range));
  return query(clickHouse, {
    name: 'flows.last_heard',
    sql: `
      SELECT Flow AS flow, maxOrNullIf(LastTime, Operation = 'send') AS lastSentAt,
             maxOrNullIf(LastTime, Operation = 'process') AS lastProcessedAt
      FROM ${table}
      GROUP BY Flow
      ORDER BY Flow
      LIMIT ${flowsMax}`,
    params: { ...params, flow },
    schema: HeardRow,
  });
}

const SlotRow = z.object({
  flow: z.string(),
  slot: z.number(),
  sent: z.number(),
  sentFailed: z.number(),
  unreached: z.number(),
  processed: z.number(),
  processedFailed: z.number(),
});
export type SlotRow = z.output<typeof SlotRow>;

/** Counts by flow and slot, oldest first. @param flows null: all flows. */
export function readSlots(
  clickHouse: ClickHouse,
  range: TimeRange,
  widthSeconds: number,
  flows: readonly string[] | null,
): Promise<SlotRow[]> {
  const which = '({all:UInt8} = 1 OR Flow IN {flows:Array(String)})';
  const { table, params } = rollup(range, 'Total, Failed, Unreached', widthSeconds % 3600 === 0, which);
  return query(clickHouse, {
    name: 'flows.slots',
    sql: `
      SELECT Flow AS flow, intDiv(toUnixTimestamp(At), {width:UInt32}) * {width:UInt32} AS slot,
             sumIf(Total, Operation = 'send') AS sent, sumIf(Failed, Operation = 'send') AS sentFailed, sum(Unreached) AS unreached,
             sumIf(Total, Operation = 'process') AS processed, sumIf(Failed, Operation = 'process') AS processedFailed
      FROM ${table}
      GROUP BY Flow, slot
      ORDER BY Flow, slot
      LIMIT ${slotRowsMax}`,
    params: { ...params, width: widthSeconds, flows: [...(flows ?? [])], all: flows === null ? 1 : 0 },
    schema: SlotRow,
    rowsMax: slotRowsMax,
  });
}

const TotalRow = z.object({ slot: z.number(), processed: z.number(), failed: z.number() });

/** A consumer that was heard within this time before the end of a range is known to report; its silence then means something. */
export const consumerKnownMs = 7 * 86_400_000;

/** Attempts of all flows together by slot; of a flow whose consumer is not known to report, its sends. */
export function readTotals(clickHouse: ClickHouse, range: TimeRange, widthSeconds: number) {
  const { table, params } = rollup(range, 'Total, Failed, Unreached', widthSeconds % 3600 === 0, 'true');
  return query(clickHouse, {
    name: 'flows.totals',
    sql: `
      WITH consumers AS (
        SELECT DISTINCT Flow FROM flow_hour
        WHERE Hour >= {knownFrom:DateTime64(3)} AND Hour < {to:DateTime64(3)} AND Operation = 'process'
      )
      SELECT slot, sum(if(hasConsumer, processed + unreached, sent)) AS processed,
             sum(if(hasConsumer, processedFailed + unreached, sentFailed)) AS failed
      FROM (
        SELECT Flow, intDiv(toUnixTimestamp(At), {width:UInt32}) * {width:UInt32} AS slot,
               sumIf(Total, Operation = 'send') AS sent, sumIf(Failed, Operation = 'send') AS sentFailed, sum(Unreached) AS unreached,
               sumIf(Total, Operation = 'process') AS processed, sumIf(Failed, Operation = 'process') AS processedFailed,
               Flow IN (SELECT Flow FROM consumers) AS hasConsumer
        FROM ${table}
        GROUP BY Flow, slot
      )
      GROUP BY slot
      ORDER BY slot
      LIMIT 1000`,
    params: { ...params, width: widthSeconds, knownFrom: new Date(range.to.getTime() - consumerKnownMs) },
    schema: TotalRow,
  });
}

const PointRow = z.object({
  flow: z.string(),
  slot: z.number(),
  operation: z.string(),
  total: z.number(),
  failed: z.number(),
  retried: z.number(),
  unreached: z.number(),
  duration: percentiles,
  delay: percentiles,
});
export type PointRow = z.output<typeof PointRow>;

/** The series of some flows with percentiles of each slot, oldest first. */
export function readPoints(
  clickHouse: ClickHouse,
  range: TimeRange,
  widthSeconds: number,
  flows: readonly string[],
): Promise<PointRow[]> {
  const columns = 'Total, Failed, Retried, Unreached, DurationMs, DelayMs';
  const which = 'Flow IN {flows:Array(String)}';
  const { table, params } = rollup(range, columns, widthSeconds % 3600 === 0, which);
  return query(clickHouse, {
    name: 'flows.points',
    sql: `
      SELECT Flow AS flow, intDiv(toUnixTimestamp(At), {width:UInt32}) * {width:UInt32} AS slot, Operation AS operation,
             sum(Total) AS total, sum(Failed) AS failed, sum(Retried) AS retried, sum(Unreached) AS unreached,
             ${clean('DurationMs')} AS duration, ${clean('DelayMs')} AS delay
      FROM ${table}
      GROUP BY Flow, slot, Operation
      ORDER BY Flow, slot, Operation
      LIMIT 10000`,
    params: { ...params, width: widthSeconds, flows: [...flows] },
    schema: PointRow,
  });
}

const CauseRow = z.object({
  flow: z.string(),
  operation: z.enum(['send', 'process']),
  cause: z.string(),
  errorType: z.string(),
  outcome: z.string(),
  count: z.number(),
  firstAt: instant,
  lastAt: instant,
  traceId: z.string(),
  spanId: z.string(),
  message: z.string(),
});
export type CauseRow = z.output<typeof CauseRow>;

/**
 * Failures by side and cause, most frequent first: a request that fails may be told by both its ends. Whole hours come from the rollup and the two ends of the range from the
 * messages themselves: at most two hours of them.
 */
export function readCauses(
  clickHouse: ClickHouse,
  range: TimeRange,
  flow: string,
  limit: number,
): Promise<CauseRow[]> {
  const { from: firstHour, to: lastHour } = wholeHours(range);
  const failures = `Operation IN ('send', 'process') AND Outcome IN ('failed', 'retried', 'dead_lettered') AND ${ofFlow}`;
  return query(clickHouse, {
    name: 'flows.causes',
    sql: `
      SELECT Flow AS flow, Operation AS operation, Cause AS cause, ErrorType AS errorType, Outcome AS outcome, sum(Times) AS count,
             min(First) AS firstAt, max(Latest.1) AS lastAt,
             max(Latest) AS example, example.2 AS traceId, example.3 AS spanId, example.4 AS message
      FROM (
        SELECT Flow, Operation, Cause, ErrorType, Outcome, 1::UInt64 AS Times, Time AS First,
               (Time, TraceId, SpanId, substringUTF8(ErrorMessage, 1, 500)) AS Latest
        FROM messages
        WHERE ((Time >= {from:DateTime64(3)} AND Time < {firstHour:DateTime64(3)})
            OR (Time >= {lastHour:DateTime64(3)} AND Time < {to:DateTime64(3)})) AND ${failures}
        UNION ALL
        SELECT Flow, Operation, Cause, ErrorType, Outcome, Count::UInt64 AS Times, FirstTime::DateTime64(6) AS First,
               CAST(Example, 'Tuple(DateTime64(6), String, String, String)') AS Latest
        FROM cause_hour
        WHERE Hour >= {firstHour:DateTime64(3)} AND Hour < {lastHour:DateTime64(3)} AND ${failures}
      )
      GROUP BY Flow, Operation, Cause, ErrorType, Outcome
      ORDER BY count DESC, lastAt DESC, flow, operation, cause
      LIMIT {limit:UInt16}`,
    params: { ...range, firstHour, lastHour, flow, limit },
    schema: CauseRow,
  });
}

const AttemptsRow = z.object({ operation: z.string(), attempt: z.number(), count: z.number() });
export type AttemptsRow = z.output<typeof AttemptsRow>;

/** Attempts by their number and operation over a range of whole minutes. */
export function readAttempts(clickHouse: ClickHouse, range: TimeRange, flow: string): Promise<AttemptsRow[]> {
  const { table, params } = rollup(range, 'Attempts', isLong(range));
  return query(clickHouse, {
    name: 'flows.attempts',
    sql: `
      SELECT operation, attempts.1 AS attempt, attempts.2 AS count
      FROM (
        SELECT Operation AS operation, sumMap(Attempts) AS all FROM ${table}
        WHERE Operation IN ('send', 'process') GROUP BY Operation
      )
      ARRAY JOIN CAST(all, 'Array(Tuple(UInt16, UInt64))') AS attempts
      ORDER BY operation, attempt
      LIMIT 200`,
    params: { ...params, flow },
    schema: AttemptsRow,
  });
}
