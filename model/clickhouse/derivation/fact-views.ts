import type { Catalog } from '../../catalog/schema.ts';
import { attribute } from '../../telemetry/attributes.ts';
import { flowOf } from './flow-match.ts';
import { keysOf, systemOf } from './key-expressions.ts';
import { quote } from './sql-text.ts';
import type { View } from './view.ts';

/** Spans that belong to a flow or name a business object, with both worked out once for every view behind. */
export function spanFacts(catalog: Catalog): View {
  return {
    name: 'span_facts_from_traces',
    source: 'otel_traces',
    target: 'span_facts',
    query: `SELECT
    Timestamp, IngestTime, TraceId, SpanId, SpanName, SpanKind, ServiceName, SpanAttributes, Duration, StatusCode, StatusMessage,
    Events.Name AS EventNames, Events.Attributes AS EventAttributes, Links.Attributes AS LinkAttributes,
    ${flowOf(catalog.flows)} AS Flow,
    ${systemOf(catalog, 'ServiceName')} AS System,
    ${keysOf(catalog, ['SpanAttributes'], ['Links.Attributes', 'Events.Attributes'])} AS Keys
FROM otel_traces
WHERE Flow != '' OR notEmpty(Keys)`,
  };
}

/** Logs that name a business object. */
export function logFacts(catalog: Catalog): View {
  const system = `LogAttributes[${quote(attribute.businessSystem)}]`;
  return {
    name: 'log_facts_from_logs',
    source: 'otel_logs',
    target: 'log_facts',
    query: `SELECT
    Timestamp, IngestTime, TraceId, SpanId, SeverityNumber, ServiceName, LogAttributes,
    if(EventName != '', EventName, LogAttributes['event.name']) AS Event,
    LogAttributes[${quote(attribute.flow)}] AS Flow,
    if(${system} != '', ${system}, ${systemOf(catalog, 'ServiceName')}) AS System,
    ${keysOf(catalog, ['LogAttributes'], [])} AS Keys
FROM otel_logs
WHERE notEmpty(Keys)`,
  };
}
