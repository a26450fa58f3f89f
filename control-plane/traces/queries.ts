import type { Catalog } from '@plumbline/model/catalog/schema.ts';
import { query, type ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { flowOf } from '@plumbline/model/clickhouse/derivation/flow-match.ts';
import { keysOf, systemOf } from '@plumbline/model/clickhouse/derivation/key-expressions.ts';
import { z } from 'zod';
import { LogLine } from './schemas.ts';

const linksMax = 500;
/** Looked up by the head of the sort key: asking the bloom filters of every part as well only adds to it. */
const byPrimaryKey = 'SETTINGS use_skip_indexes = 0';
const logsMax = 1000;
const resultBytesMax = 24_000_000;
const attributes = z.record(z.string(), z.string());

const IndexRow = z.object({
  traceId: z.string(),
  start: z.string(),
  end: z.string(),
  spans: z.number(),
  errors: z.number(),
  name: z.string(),
  services: z.array(z.string()),
});
export type TraceIndexRow = z.output<typeof IndexRow>;

/** Time range and size of traces; those that are unknown have no row. */
export function readTraceIndex(
  clickHouse: ClickHouse,
  traceIds: readonly string[],
): Promise<TraceIndexRow[]> {
  return query(clickHouse, {
    name: 'traces.index',
    sql: `
      SELECT TraceId AS traceId, min(Start) AS start, max(End) AS end, sum(Spans) AS spans, sum(Errors) AS errors,
             max(Name) AS name, arraySort(groupUniqArrayArray(Services)) AS services
      FROM trace_index
      WHERE TraceId IN {traceIds:Array(String)}
      GROUP BY TraceId
      ORDER BY start
      LIMIT 500
      ${byPrimaryKey}`,
    params: { traceIds: [...traceIds] },
    schema: IndexRow,
  });
}

const SpanRow = z.object({
  spanId: z.string(),
  parentSpanId: z.string(),
  name: z.string(),
  kind: z.string(),
  service: z.string(),
  system: z.string(),
  startAt: z.string(),
  /** Nanoseconds since 1970 pass 2^53, so they come as text. */
  startNs: z.string(),
  durationNs: z.string(),
  status: z.enum(['Unset', 'Ok', 'Error']).catch('Unset'),
  statusMessage: z.string(),
  flow: z.string(),
  keys: z.array(z.string()),
  attributes,
  resource: attributes,
  eventNs: z.array(z.string()),
  eventNames: z.array(z.string()),
  eventAttributes: z.array(attributes),
  linkTraceIds: z.array(z.string()),
  linkSpanIds: z.array(z.string()),
  linkAttributes: z.array(attributes),
});
export type SpanRow = z.output<typeof SpanRow>;

/** When a trace began and ended, as the index knows it: what bounds a read of its spans and logs. */
export type TraceWindow = Pick<TraceIndexRow, 'start' | 'end'>;

/** How much of a trace is read: a sender may put a megabyte into each of its spans, and thousands of spans into a trace. */
export interface TraceLimits {
  readonly rows: number;
  /** Of each attribute, message and body; what is longer is cut and says so. */
  readonly charsMax: number;
}

const startOf = "parseDateTime64BestEffort({start:String}, 9, 'UTC')";
const endOf = "parseDateTime64BestEffort({end:String}, 9, 'UTC')";

const cut = (text: string) =>
  `if(length(${text}) > {charsMax:UInt32}, concat(leftUTF8(${text}, {charsMax:UInt32}), ' … (cut: ', toString(length(${text})), ' bytes in all)'), ${text})`;
const cutValues = (map: string) => `mapApply((k, v) -> (k, ${cut('v')}), ${map})`;
const cutEach = (maps: string) => `arrayMap(m -> ${cutValues('m')}, ${maps})`;

/** Spans of a trace by start, and one more than `rows` where there are more. Flow, system and keys are worked out by the expressions of the materialized views. */
export function readSpans(
  clickHouse: ClickHouse,
  catalog: Catalog,
  traceId: string,
  { start, end }: TraceWindow,
  { rows, charsMax }: TraceLimits,
): Promise<SpanRow[]> {
  return query(clickHouse, {
    name: 'traces.spans',
    sql: `
      SELECT SpanId AS spanId, ParentSpanId AS parentSpanId, SpanName AS name, SpanKind AS kind, ServiceName AS service,
             ${systemOf(catalog, 'ServiceName')} AS system, Timestamp AS startAt,
             toString(toUnixTimestamp64Nano(Timestamp)) AS startNs, toString(Duration) AS durationNs,
             StatusCode AS status, ${cut('StatusMessage')} AS statusMessage, ${flowOf(catalog.flows)} AS flow,
             ${keysOf(catalog, ['SpanAttributes'], ['Links.Attributes', 'Events.Attributes'])} AS keys,
             ${cutValues('SpanAttributes')} AS attributes, ${cutValues('ResourceAttributes')} AS resource,
             arrayMap(t -> toString(toUnixTimestamp64Nano(t)), Events.Timestamp) AS eventNs, Events.Name AS eventNames, ${cutEach('Events.Attributes')} AS eventAttributes,
             Links.TraceId AS linkTraceIds, Links.SpanId AS linkSpanIds, ${cutEach('Links.Attributes')} AS linkAttributes
      FROM otel_traces
      WHERE TraceId = {traceId:String}
        AND Timestamp >= ${startOf} AND Timestamp <= ${endOf}
      ORDER BY Timestamp, SpanId
      LIMIT {rows:UInt32}`,
    params: { traceId, start, end, rows: rows + 1, charsMax },
    resultBytesMax,
    schema: SpanRow,
  });
}

const ReverseLinkRow = z.object({ spanId: z.string(), traceId: z.string(), fromSpanId: z.string() });
export type ReverseLinkRow = z.output<typeof ReverseLinkRow>;

/** Spans anywhere that name a span of this trace in a link: consumers of its messages. */
export function readReverseLinks(clickHouse: ClickHouse, traceId: string): Promise<ReverseLinkRow[]> {
  return query(clickHouse, {
    name: 'traces.reverse_links',
    sql: `
      SELECT LinkedSpanId AS spanId, TraceId AS traceId, SpanId AS fromSpanId
      FROM span_links
      WHERE LinkedTraceId = {traceId:String}
      ORDER BY LinkedSpanId, Time
      LIMIT ${linksMax}
      ${byPrimaryKey}`,
    params: { traceId },
    schema: ReverseLinkRow,
  });
}

/** Logs that carry the trace's id, by time; a log may be written some minutes after its span. */
export function readLogs(
  clickHouse: ClickHouse,
  traceId: string,
  { start, end }: TraceWindow,
  { rows, charsMax }: TraceLimits,
): Promise<z.output<typeof LogLine>[]> {
  return query(clickHouse, {
    name: 'traces.logs',
    sql: `
      SELECT Timestamp AS at, SeverityText AS severity, ServiceName AS service, SpanId AS spanId,
             if(EventName != '', EventName, LogAttributes['event.name']) AS eventName, ${cut('Body')} AS body, ${cutValues('LogAttributes')} AS attributes
      FROM otel_logs
      WHERE TraceId = {traceId:String}
        AND Timestamp >= ${startOf} - toIntervalMinute(5)
        AND Timestamp <= ${endOf} + toIntervalMinute(5)
      ORDER BY Timestamp
      LIMIT {rows:UInt32}`,
    params: { traceId, start, end, rows: Math.min(rows, logsMax), charsMax },
    resultBytesMax,
    schema: LogLine,
  });
}
