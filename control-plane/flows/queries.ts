import { query, type ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { z } from 'zod';
import type { TimeRange } from '../range.ts';

const flowsMax = 5000;
const instant = z.string();
/** What a sketch answers for nothing is not a number. */
const percentile = z.number().nullable();
const percentiles = z.tuple([percentile, percentile, percentile]);

const FiguresRow = z.object({
  flow: z.string(),
  operation: z.string(),
  total: z.number(),
  failed: z.number(),
  retried: z.number(),
  deadLettered: z.number(),
  discarded: z.number(),
  lastAt: instant,
  duration: percentiles,
  delay: percentiles,
});
export type FiguresRow = z.output<typeof FiguresRow>;

const whole = 'Minute >= toStartOfMinute({from:DateTime64(3)}) AND Minute < {to:DateTime64(3)}';
const ofFlow = `({flow:String} = '' OR Flow = {flow:String})`;
const quantiles = 'quantilesDDMerge(0.01, 0.5, 0.95, 0.99)';
/** A sketch of nothing gives NaN, which JSON cannot say. */
const clean = (sketch: string) => `arrayMap(x -> if(isFinite(x), x, NULL), ${quantiles}(${sketch}))`;

/** Figures by flow and operation over a range, from the rollup; at most three rows a flow. `flow` empty: all flows. */
export function readFigures(clickHouse: ClickHouse, range: TimeRange, flow = ''): Promise<FiguresRow[]> {
  return query(clickHouse, {
    name: 'flows.figures',
    sql: `
      SELECT Flow AS flow, Operation AS operation, sum(Total) AS total, sum(Failed) AS failed, sum(Retried) AS retried,
             sum(DeadLettered) AS deadLettered, sum(Discarded) AS discarded, max(LastTime) AS lastAt,
             ${clean('DurationMs')} AS duration, ${clean('DelayMs')} AS delay
      FROM flow_minute
      WHERE ${whole} AND ${ofFlow}
      GROUP BY Flow, Operation
      ORDER BY Flow, Operation
      LIMIT ${flowsMax}`,
    params: { ...range, flow },
    schema: FiguresRow,
  });
}

const SlotRow = z.object({
  flow: z.string(),
  slot: z.number(),
  sent: z.number(),
  processed: z.number(),
  failed: z.number(),
  retried: z.number(),
});
export type SlotRow = z.output<typeof SlotRow>;

/** Counts by flow and slot. `flows` null: all of them. */
export function readSlots(
  clickHouse: ClickHouse,
  range: TimeRange,
  widthSeconds: number,
  flows: readonly string[] | null = null,
): Promise<SlotRow[]> {
  return query(clickHouse, {
    name: 'flows.slots',
    sql: `
      SELECT Flow AS flow, intDiv(toUnixTimestamp(Minute), {width:UInt32}) * {width:UInt32} AS slot,
             sumIf(Total, Operation = 'send') AS sent, sumIf(Total, Operation = 'process') AS processed,
             sumIf(Failed, Operation = 'process') AS failed, sumIf(Retried, Operation = 'process') AS retried
      FROM flow_minute
      WHERE ${whole} AND ({all:UInt8} = 1 OR Flow IN {flows:Array(String)})
      GROUP BY Flow, slot
      ORDER BY Flow, slot
      LIMIT 200000`,
    params: { ...range, width: widthSeconds, flows: [...(flows ?? [])], all: flows === null ? 1 : 0 },
    schema: SlotRow,
    rowsMax: 200_000,
  });
}

const PointRow = z.object({
  slot: z.number(),
  operation: z.string(),
  total: z.number(),
  failed: z.number(),
  retried: z.number(),
  duration: percentiles,
  delay: percentiles,
});
export type PointRow = z.output<typeof PointRow>;

/** The series of one flow with percentiles of each slot. */
export function readPoints(
  clickHouse: ClickHouse,
  range: TimeRange,
  widthSeconds: number,
  flow: string,
): Promise<PointRow[]> {
  return query(clickHouse, {
    name: 'flows.points',
    sql: `
      SELECT intDiv(toUnixTimestamp(Minute), {width:UInt32}) * {width:UInt32} AS slot, Operation AS operation,
             sum(Total) AS total, sum(Failed) AS failed, sum(Retried) AS retried,
             ${clean('DurationMs')} AS duration, ${clean('DelayMs')} AS delay
      FROM flow_minute
      WHERE ${whole} AND Flow = {flow:String}
      GROUP BY slot, Operation
      ORDER BY slot, Operation
      LIMIT 2000`,
    params: { ...range, width: widthSeconds, flow },
    schema: PointRow,
  });
}

const CauseRow = z.object({
  flow: z.string(),
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

/** Failures by cause, most frequent first. Hours are counted whole: the rollup knows no finer. */
export function readCauses(
  clickHouse: ClickHouse,
  range: TimeRange,
  flow: string,
  limit: number,
): Promise<CauseRow[]> {
  return query(clickHouse, {
    name: 'flows.causes',
    sql: `
      SELECT Flow AS flow, Cause AS cause, ErrorType AS errorType, Outcome AS outcome, sum(Count) AS count,
             min(FirstTime) AS firstAt, max(LastTime) AS lastAt,
             max(Example) AS example, example.2 AS traceId, example.3 AS spanId, example.4 AS message
      FROM cause_hour
      WHERE Hour >= toStartOfHour({from:DateTime64(3)}) AND Hour < {to:DateTime64(3)} AND ${ofFlow}
        AND Outcome IN ('failed', 'retried', 'dead_lettered')
      GROUP BY Flow, Cause, ErrorType, Outcome
      HAVING lastAt >= {from:DateTime64(3)}
      ORDER BY count DESC, lastAt DESC
      LIMIT {limit:UInt16}`,
    params: { ...range, flow, limit },
    schema: CauseRow,
  });
}

/** Attempts by their number over a range. */
export function readAttempts(
  clickHouse: ClickHouse,
  range: TimeRange,
  flow: string,
): Promise<{ attempt: number; count: number }[]> {
  return query(clickHouse, {
    name: 'flows.attempts',
    sql: `
      SELECT attempts.1 AS attempt, attempts.2 AS count
      FROM (SELECT sumMap(Attempts) AS all FROM flow_minute WHERE ${whole} AND Flow = {flow:String} AND Operation = 'process')
      ARRAY JOIN CAST(all, 'Array(Tuple(UInt16, UInt64))') AS attempts
      ORDER BY attempt
      LIMIT 50`,
    params: { ...range, flow },
    schema: z.object({ attempt: z.number(), count: z.number() }),
  });
}

export const MessageRow = z.object({
  flow: z.string(),
  at: instant,
  operation: z.enum(['send', 'receive', 'process', 'settle']),
  messageId: z.string(),
  attempt: z.number(),
  outcome: z.enum(['delivered', 'failed', 'retried', 'dead_lettered', 'discarded']),
  durationMs: z.number(),
  delayMs: z.number().nullable(),
  errorType: z.string(),
  errorMessage: z.string(),
  cause: z.string(),
  traceId: z.string(),
  spanId: z.string(),
  service: z.string(),
  destination: z.string(),
  keys: z.array(z.string()),
});
export type MessageRow = z.output<typeof MessageRow>;

export const messageColumns = `
  Flow AS flow, Time AS at, Operation AS operation, MessageId AS messageId, Attempt AS attempt, Outcome AS outcome,
  DurationNs / 1e6 AS durationMs, DelayNs / 1e6 AS delayMs, ErrorType AS errorType, ErrorMessage AS errorMessage,
  Cause AS cause, TraceId AS traceId, SpanId AS spanId, Service AS service, Destination AS destination, Keys AS keys`;

export interface MessageFilter {
  readonly flow: string;
  readonly range: TimeRange;
  readonly operation: string;
  /** Empty: any. */
  readonly outcomes: readonly string[];
  readonly cause: string;
  /** A business key, an id, a message id or a trace id. */
  readonly search: string;
  /** The last row of the page before. */
  readonly after: readonly [at: string, spanId: string, messageId: string] | undefined;
  readonly limit: number;
}

/** Messages of one flow, newest first. */
export function readMessages(clickHouse: ClickHouse, filter: MessageFilter): Promise<MessageRow[]> {
  const [at, spanId, messageId] = filter.after ?? [filter.range.to.toISOString(), '', ''];
  return query(clickHouse, {
    name: 'flows.messages',
    sql: `
      SELECT ${messageColumns}
      FROM messages
      WHERE Flow = {flow:String} AND Time >= {from:DateTime64(3)} AND Time <= {to:DateTime64(3)}
        AND ({paged:UInt8} = 0 OR (Time, SpanId, MessageId) < (parseDateTime64BestEffort({at:String}, 6, 'UTC'), {spanId:String}, {messageId:String}))
        AND ({operation:String} = '' OR Operation = {operation:String})
        AND (empty({outcomes:Array(String)}) OR Outcome IN {outcomes:Array(String)})
        AND ({cause:String} = '' OR Cause = {cause:String})
        AND ({search:String} = '' OR MessageId = {search:String} OR TraceId = {search:String}
             OR has(Keys, {search:String}) OR arrayExists(k -> endsWith(k, concat(':', {search:String})), Keys))
      ORDER BY Time DESC, SpanId DESC, MessageId DESC
      LIMIT {limit:UInt16}`,
    params: {
      flow: filter.flow,
      ...filter.range,
      paged: filter.after ? 1 : 0,
      at,
      spanId,
      messageId,
      operation: filter.operation,
      outcomes: [...filter.outcomes],
      cause: filter.cause,
      search: filter.search,
      limit: filter.limit,
    },
    schema: MessageRow,
  });
}
