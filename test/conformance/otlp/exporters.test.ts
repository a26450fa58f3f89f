import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import * as logsJson from '@opentelemetry/exporter-logs-otlp-http';
import * as logsProto from '@opentelemetry/exporter-logs-otlp-proto';
import * as metricsJson from '@opentelemetry/exporter-metrics-otlp-http';
import * as metricsProto from '@opentelemetry/exporter-metrics-otlp-proto';
import * as tracesJson from '@opentelemetry/exporter-trace-otlp-http';
import * as tracesProto from '@opentelemetry/exporter-trace-otlp-proto';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { AggregationType, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStand, type Stand } from './stand.ts';

let stand: Stand;
beforeAll(async () => {
  stand = await openStand({ clickHousePort: 22011, otlpPort: 22012 });
});
afterAll(() => stand.close());

const forms = [
  { form: 'protobuf', compression: CompressionAlgorithm.NONE },
  { form: 'protobuf', compression: CompressionAlgorithm.GZIP },
  { form: 'json', compression: CompressionAlgorithm.NONE },
  { form: 'json', compression: CompressionAlgorithm.GZIP },
] as const;

describe.each(forms)('the OpenTelemetry SDK over $form, $compression', ({ form, compression }) => {
  const service = `shop-${form}-${compression}`;
  const resource = resourceFromAttributes({ 'service.name': service, 'host.cores': 4 });
  const to = (path: string) => ({ url: `${stand.collector.url}${path}`, compression });

  test('traces', async () => {
    const { OTLPTraceExporter } = form === 'json' ? tracesJson : tracesProto;
    const exporter = new OTLPTraceExporter(to('/v1/traces'));
    const provider = new TracerProvider({ resource, spanProcessors: [new BatchSpanProcessor({ exporter })] });
    const tracer = provider.getTracer('orders', '1.2.3');
    const attributes = { text: 'Größe ✓', whole: 42, part: 0.5, yes: true, list: ['a', 'b'] };
    const first = tracer.startSpan('publish', { kind: SpanKind.PRODUCER, attributes });
    const second = tracer.startSpan('process', {
      kind: SpanKind.CONSUMER,
      links: [{ context: first.spanContext(), attributes: { 'business.key': ['order:SO-1'] } }],
    });
    second.addEvent('order.placed', { 'business.key': 'order:SO-1' });
    second.setStatus({ code: SpanStatusCode.ERROR, message: 'no stock' });
    first.end();
    second.end();
    await provider.shutdown();
    await stand.drained();
    const rows = await stand.select<Record<string, unknown>>(
      `SELECT *, Duration > 0 AS HasDuration, toUnixTimestamp64Nano(Timestamp) > 1.6e18 AS HasTime FROM otel_traces
       WHERE ServiceName = '${service}' ORDER BY SpanName DESC`,
    );
    const id = first.spanContext();
    const shared = {
      ResourceAttributes: { 'service.name': service, 'host.cores': '4' },
      ScopeName: 'orders',
      ScopeVersion: '1.2.3',
      HasDuration: 1,
      HasTime: 1,
    };
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({
      ...shared,
      TraceId: id.traceId,
      SpanId: id.spanId,
      SpanKind: 'Producer',
      StatusCode: 'Unset',
      SpanAttributes: { text: 'Größe ✓', whole: '42', part: '0.5', yes: 'true', list: '["a","b"]' },
    });
    expect(rows[1]).toMatchObject({
      ...shared,
      SpanKind: 'Consumer',
      StatusCode: 'Error',
      StatusMessage: 'no stock',
      'Events.Name': ['order.placed'],
      'Events.Attributes': [{ 'business.key': 'order:SO-1' }],
      'Links.TraceId': [id.traceId],
      'Links.SpanId': [id.spanId],
      'Links.Attributes': [{ 'business.key': '["order:SO-1"]' }],
    });
  });

  test('logs', async () => {
    const { OTLPLogExporter } = form === 'json' ? logsJson : logsProto;
    const exporter = new OTLPLogExporter(to('/v1/logs'));
    const provider = new LoggerProvider({
      resource,
      processors: [new BatchLogRecordProcessor({ exporter })],
    });
    provider.getLogger('wms', '2').emit({
      eventName: 'shipment.posted',
      severityNumber: 9,
      severityText: 'INFO',
      body: { pallets: 2, carrier: 'DPD' },
      attributes: { 'business.key': ['shipment:SH-1', 'order:SO-1'], 'business.sequence': 7 },
    });
    await provider.shutdown();
    await stand.drained();
    const rows = await stand.select<Record<string, unknown>>(
      `SELECT * FROM otel_logs WHERE ServiceName = '${service}'`,
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      EventName: 'shipment.posted',
      SeverityNumber: 9,
      SeverityText: 'INFO',
      Body: '{"pallets":2,"carrier":"DPD"}',
      ScopeName: 'wms',
      ScopeVersion: '2',
      LogAttributes: { 'business.key': '["shipment:SH-1","order:SO-1"]', 'business.sequence': '7' },
    });
  });

  test('metrics', async () => {
    const { OTLPMetricExporter } = form === 'json' ? metricsJson : metricsProto;
    const reader = new PeriodicExportingMetricReader({
      exporter: new OTLPMetricExporter(to('/v1/metrics')),
      exportIntervalMillis: 3_600_000,
    });
    const exponential = {
      instrumentName: 'wait',
      aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
    } as const;
    const provider = new MeterProvider({ resource, readers: [reader], views: [exponential] });
    const meter = provider.getMeter('queue', '3');
    meter.createCounter('sent', { unit: '{message}', description: 'Messages sent' }).add(5, { flow: 'a' });
    meter.createGauge('depth').record(2.5);
    const histogram = meter.createHistogram('duration', {
      unit: 's',
      advice: { explicitBucketBoundaries: [1, 10] },
    });
    for (const value of [0.5, 5, 50]) histogram.record(value);
    const waits = meter.createHistogram('wait');
    for (const value of [1, 2, 4]) waits.record(value);
    await provider.shutdown();
    await stand.drained();
    const of = (table: string): Promise<Record<string, unknown>[]> =>
      stand.select(`SELECT * FROM otel_metrics_${table} WHERE ServiceName = '${service}'`);
    const [sum, gauge, bounded, scaled] = await Promise.all(
      ['sum', 'gauge', 'histogram', 'exponential_histogram'].map(of),
    );
    expect(sum).toMatchObject([
      {
        MetricName: 'sent',
        MetricUnit: '{message}',
        MetricDescription: 'Messages sent',
        Value: 5,
        Attributes: { flow: 'a' },
        IsMonotonic: true,
        AggregationTemporality: 2,
        ScopeName: 'queue',
      },
    ]);
    expect(gauge).toMatchObject([{ MetricName: 'depth', Value: 2.5 }]);
    expect(bounded).toMatchObject([
      {
        MetricName: 'duration',
        Count: 3,
        Sum: 55.5,
        Min: 0.5,
        Max: 50,
        ExplicitBounds: [1, 10],
        BucketCounts: [1, 1, 1],
      },
    ]);
    expect(scaled).toMatchObject([{ MetricName: 'wait', Count: 3, Sum: 7, ZeroCount: 0 }]);
  });
});

test('every item that was received is accounted for, and the derived tables follow', async () => {
  await stand.drained();
  const stats = await stand.collector.stats();
  for (const { received, stored, rejected, quarantined, spooled } of [
    stats.traces,
    stats.logs,
    stats.metrics,
  ])
    expect(stored + rejected + quarantined + spooled).toBe(received);
  const [counted] = await stand.select<{ traces: number; logs: number; indexed: number }>(
    `SELECT (SELECT count() FROM otel_traces) AS traces, (SELECT count() FROM otel_logs) AS logs,
            (SELECT sum(Spans) FROM trace_index) AS indexed`,
  );
  expect(counted).toEqual({
    traces: stats.traces.stored,
    logs: stats.logs.stored,
    indexed: stats.traces.stored,
  });
});
