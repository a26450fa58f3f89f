import {
  ROOT_CONTEXT,
  SeverityNumber,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import type { Context, HrTime, Logger, Span, Tracer } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, type LogRecordProcessor, type ReadableLogRecord } from '@opentelemetry/sdk-logs';
import {
  AlwaysOnSampler,
  TracerProvider,
  type ReadableSpan,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import type { Place, Step } from '../business/types.ts';
import type { Kind, LogPlan, SpanPlan } from './plan.ts';
import { services } from './services.ts';
import { logsOf, spansOf } from './statements.ts';

/** Where finished spans and logs go: an exporter's batch. */
export interface Sink {
  span(span: ReadableSpan): void;
  log(log: ReadableLogRecord): void;
}

interface Emitters {
  readonly tracer: Tracer;
  readonly logger: Logger;
}

/** Turns steps into telemetry through the OpenTelemetry SDK, one provider and resource for each service. */
export function createEmitter(sink: Sink): (step: Step) => void {
  const ids = { traceId: '', spanId: '' };
  const emitters = new Map(services.map((service) => [service.name, createService(service, sink, ids)]));
  const of = (service: string): Emitters => {
    const found = emitters.get(service);
    if (!found) throw new Error(`No service is called ${service}.`);
    return found;
  };
  return (step) => {
    for (const plan of spansOf(step)) {
      ids.traceId = plan.place.traceId;
      ids.spanId = plan.place.spanId;
      emitSpan(of(plan.service).tracer, plan);
    }
    for (const plan of logsOf(step)) emitLog(of(plan.service).logger, plan);
  };
}

function createService(service: (typeof services)[number], sink: Sink, ids: Place): Emitters {
  const resource = resourceFromAttributes({
    'service.name': service.name,
    'service.version': service.version,
    'service.namespace': 'distributor',
    'service.instance.id': `${service.host}-1`,
    'host.name': service.host,
    'telemetry.sdk.language': service.language,
    'deployment.environment.name': 'demo',
  });
  const tracers = new TracerProvider({
    resource,
    sampler: new AlwaysOnSampler(),
    idGenerator: { generateTraceId: () => ids.traceId, generateSpanId: () => ids.spanId },
    spanProcessors: [spansInto(sink)],
  });
  const loggers = new LoggerProvider({ resource, processors: [logsInto(sink)] });
  return { tracer: tracers.getTracer('distributor'), logger: loggers.getLogger('distributor') };
}

function spansInto(sink: Sink): SpanProcessor {
  return {
    onStart: () => undefined,
    onEnd: (span) => sink.span(span),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}

function logsInto(sink: Sink): LogRecordProcessor {
  return {
    onEmit: (log) => sink.log(log),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}

const spanKinds: Readonly<Record<Kind, SpanKind>> = {
  client: SpanKind.CLIENT,
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

function emitSpan(tracer: Tracer, plan: SpanPlan): void {
  const span = tracer.startSpan(
    plan.name,
    {
      kind: spanKinds[plan.kind],
      startTime: hrTimeOf(plan.startMs),
      attributes: plan.attributes,
      ...(plan.link && { links: [{ context: spanContext(plan.link) }] }),
    },
    contextOf(plan.parent),
  );
  if (plan.error) fail(span, plan.error, plan.endMs);
  span.end(hrTimeOf(plan.endMs));
}

function fail(span: Span, error: NonNullable<SpanPlan['error']>, atMs: number): void {
  span.setAttribute('error.type', error.type);
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
  span.addEvent(
    'exception',
    { 'exception.type': error.type, 'exception.message': error.message, 'exception.stacktrace': error.stack },
    hrTimeOf(atMs),
  );
}

function emitLog(logger: Logger, plan: LogPlan): void {
  logger.emit({
    timestamp: hrTimeOf(plan.atMs),
    observedTimestamp: hrTimeOf(plan.atMs + 2),
    severityNumber: plan.severity === 'error' ? SeverityNumber.ERROR : SeverityNumber.INFO,
    severityText: plan.severity === 'error' ? 'ERROR' : 'INFO',
    body: plan.body,
    attributes: plan.attributes,
    context: contextOf(plan.place),
    ...(plan.eventName !== undefined && { eventName: plan.eventName }),
  });
}

function contextOf(place: Place | undefined): Context {
  return place ? trace.setSpanContext(ROOT_CONTEXT, spanContext(place)) : ROOT_CONTEXT;
}

function spanContext(place: Place): { traceId: string; spanId: string; traceFlags: TraceFlags } {
  return { ...place, traceFlags: TraceFlags.SAMPLED };
}

function hrTimeOf(atMs: number): HrTime {
  const seconds = Math.floor(atMs / 1000);
  return [seconds, Math.round((atMs - seconds * 1000) * 1e6)];
}
