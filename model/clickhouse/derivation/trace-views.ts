import { probeAttribute, probeService } from '../../telemetry/probe-attributes.ts';
import { quote } from './sql-text.ts';
import type { View } from './view.ts';

/**
 * What every span feeds, whatever the catalog says. Times are added as whole numbers: adding to a DateTime64 throws
 * where the sum leaves its range, and one such span would then block its whole segment.
 */
export const traceViews: readonly View[] = [
  {
    name: 'trace_index_from_traces',
    source: 'otel_traces',
    target: 'trace_index',
    query: `SELECT
    TraceId,
    min(Timestamp) AS Start,
    max(fromUnixTimestamp64Nano(toUnixTimestamp64Nano(Timestamp) + toInt64(least(Duration, 31536000000000000)))) AS End,
    count() AS Spans,
    countIf(StatusCode = 'Error') AS Errors,
    max(if(ParentSpanId = '', SpanName, '')) AS Name,
    groupUniqArray(ServiceName::String) AS Services,
    toMonday(max(IngestTime)) AS IngestWeek
FROM otel_traces
WHERE TraceId != ''
GROUP BY TraceId`,
  },
  {
    name: 'span_links_from_traces',
    source: 'otel_traces',
    target: 'span_links',
    query: `SELECT
    LinkedTraceId, LinkedSpanId, TraceId, SpanId, Timestamp::DateTime64(6) AS Time, IngestTime
FROM otel_traces
ARRAY JOIN Links.TraceId AS LinkedTraceId, Links.SpanId AS LinkedSpanId
WHERE notEmpty(Links.TraceId)`,
  },
  {
    name: 'probe_runs_from_traces',
    source: 'otel_traces',
    target: 'probe_runs',
    query: `SELECT
    SpanAttributes[${quote(probeAttribute.name)}] AS Probe, Timestamp::DateTime64(6) AS Time,
    SpanAttributes[${quote(probeAttribute.outcome)}] AS Outcome, Duration AS DurationNs,
    SpanAttributes[${quote(probeAttribute.condition)}] AS FailedCondition, SpanAttributes[${quote(probeAttribute.why)}] AS Why,
    mapApply((k, v) -> (substring(k, ${probeAttribute.measure.length + 1})::LowCardinality(String), toFloat64OrZero(v)),
             mapFilter((k, v) -> startsWith(k, ${quote(probeAttribute.measure)}), SpanAttributes)) AS Measures,
    TraceId, IngestTime
FROM otel_traces
WHERE ServiceName = ${quote(probeService)} AND Probe != ''`,
  },
  {
    name: 'service_seen_from_traces',
    source: 'otel_traces',
    target: 'service_seen',
    query: `SELECT
    ServiceName AS Service, toStartOfMinute(Timestamp) AS Minute,
    min(Timestamp::DateTime64(6)) AS FirstSeen,
    max(Timestamp::DateTime64(6)) AS LastSeen,
    max(IngestTime) AS LastIngest,
    count() AS Spans,
    countIf(StatusCode = 'Error') AS Errors,
    0::UInt64 AS Logs,
    quantilesDDState(0.01, 0.5, 0.95, 0.99)(toUnixTimestamp64Milli(IngestTime) - (toUnixTimestamp64Nano(Timestamp) + toInt64(Duration)) / 1000000) AS SkewMs,
    toStartOfMonth(max(IngestTime)) AS IngestMonth
FROM otel_traces
GROUP BY Service, Minute`,
  },
  {
    name: 'service_seen_from_logs',
    source: 'otel_logs',
    target: 'service_seen',
    query: `SELECT
    ServiceName AS Service, toStartOfMinute(Timestamp) AS Minute,
    min(Timestamp::DateTime64(6)) AS FirstSeen,
    max(Timestamp::DateTime64(6)) AS LastSeen,
    max(IngestTime) AS LastIngest,
    0::UInt64 AS Spans,
    0::UInt64 AS Errors,
    count() AS Logs,
    quantilesDDState(0.01, 0.5, 0.95, 0.99)(toUnixTimestamp64Milli(IngestTime) - toUnixTimestamp64Nano(Timestamp) / 1000000) AS SkewMs,
    toStartOfMonth(max(IngestTime)) AS IngestMonth
FROM otel_logs
GROUP BY Service, Minute`,
  },
];
