import { SpanKind, SpanStatusCode, type HrTime } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  TracerProvider,
  type SpanExporter,
} from '@opentelemetry/sdk-trace';
import { probeAttribute, probeService } from '@plumbline/model/telemetry/probe-attributes.ts';
import type { ProbeRun } from './run-probe.ts';

export interface RunTelemetry {
  /** Tells of one run; it is sent within seconds, and dropped when the collector stays away and 2000 wait. */
  tell(run: ProbeRun): void;
  /** Sends what is left. */
  stop(): Promise<void>;
}

/** Sends runs as spans over OTLP. */
export function exportTo(url: string, token: string | undefined): SpanExporter {
  return new OTLPTraceExporter({
    url: `${url.replace(/\/+$/, '')}/v1/traces`,
    timeoutMillis: 10_000,
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
  });
}

/**
 * One internal span a run: it names no flow as `integration.flow` does and is marked synthetic, so that it is counted
 * by no flow, transaction or KPI.
 */
export function createTelemetry(exporter: SpanExporter, instance: string): RunTelemetry {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': probeService, 'service.instance.id': instance }),
    sampler: new AlwaysOnSampler(),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        maxQueueSize: 2000,
        maxExportBatchSize: 500,
        scheduledDelayMillis: 1000,
      }),
    ],
  });
  const tracer = provider.getTracer('plumbline.probes');
  return {
    tell(run) {
      const span = tracer.startSpan(`probe ${run.probe}`, {
        kind: SpanKind.INTERNAL,
        root: true,
        startTime: hrTimeOf(run.startedMs),
        attributes: attributesOf(run),
      });
      if (run.outcome !== 'passed') {
        span.setStatus({ code: SpanStatusCode.ERROR, message: run.why ?? run.outcome });
      }
      span.end(hrTimeOf(run.startedMs + run.durationMs));
    },
    async stop() {
      await provider.forceFlush().catch(() => undefined);
      await provider.shutdown().catch(() => undefined);
    },
  };
}

function attributesOf(run: ProbeRun): Record<string, string | number> {
  const measures = Object.entries(run.measures).map(([name, value]) => [
    probeAttribute.measure + name,
    value,
  ]);
  return {
    [probeAttribute.synthetic]: 'test',
    [probeAttribute.name]: run.probe,
    [probeAttribute.kind]: run.kind,
    [probeAttribute.system]: run.system,
    [probeAttribute.target]: run.target,
    [probeAttribute.outcome]: run.outcome,
    ...(run.flow !== null && { [probeAttribute.flow]: run.flow }),
    ...(run.failedCondition !== null && { [probeAttribute.condition]: run.failedCondition }),
    ...(run.why !== null && { [probeAttribute.why]: run.why }),
    ...(run.outcome !== 'passed' && { 'error.type': `probe.${run.outcome}` }),
    ...(Object.fromEntries(measures) as Record<string, number>),
  };
}

function hrTimeOf(ms: number): HrTime {
  return [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];
}
