import { setTimeout as sleep } from 'node:timers/promises';
import { OTLPLogExporter as JsonLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPTraceExporter as JsonTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Sink } from './emitter.ts';

export interface Exporter extends Sink {
  /** Waits while too much is under way; call it between steps so that memory stays bounded. */
  room(): Promise<void>;
  /** Sends what is left and waits until the collector has acknowledged everything. */
  flush(): Promise<void>;
  counts(): { spans: number; logs: number };
}

export interface ExporterOptions {
  /** Base address of the OTLP/HTTP receiver. */
  readonly url: string;
  readonly token: string | undefined;
  /** Gives up after the collector has refused everything for this long. */
  readonly patienceMs: number;
  readonly now: () => number;
  readonly say: (sentence: string) => void;
  /** Once stopping, a batch that is refused is not sent again. */
  readonly stop: AbortSignal;
}

/** Too long without any acknowledgement: the sentence says what to do. */
export class CollectorAway extends Error {}

const batchMax = 4000;
const requestsMax = 3;
const requestTimeoutMs = 30_000;

/** These two emitters speak OTLP/JSON, all others OTLP/protobuf: the front door takes both. */
const jsonServices: ReadonlySet<unknown> = new Set(['crm', 'marketplace-connector']);

interface Lane<T> {
  push(item: T): void;
  send(): void;
  stored(): number;
}

/** Batches through the SDK's own OTLP exporters; nothing is dropped, a refused batch is sent again. */
export function createExporter(options: ExporterOptions): Exporter {
  const { url, token } = options;
  const settings = {
    timeoutMillis: requestTimeoutMs,
    concurrencyLimit: 2 * requestsMax,
    ...(token && { headers: { authorization: `Bearer ${token}` } }),
  };
  const traces = { ...settings, url: `${url}/v1/traces` };
  const logs = { ...settings, url: `${url}/v1/logs` };
  const underWay = new Set<Promise<void>>();
  const failed: Error[] = [];
  const launch = (work: Promise<void>): void => {
    const tracked: Promise<void> = work
      .catch((error: unknown) => void failed.push(error instanceof Error ? error : new Error(String(error))))
      .finally(() => underWay.delete(tracked));
    underWay.add(tracked);
  };
  const lane = <T>(exporter: { export(items: T[], done: Done): void }): Lane<T> =>
    createLane((items) => persist(options, (done) => exporter.export(items, done)), launch);
  const spanLanes = {
    json: lane(new JsonTraceExporter(traces)),
    protobuf: lane(new ProtobufTraceExporter(traces)),
  };
  const logLanes = { json: lane(new JsonLogExporter(logs)), protobuf: lane(new ProtobufLogExporter(logs)) };
  const lanes = [...Object.values(spanLanes), ...Object.values(logLanes)];
  const rethrow = (): void => {
    if (failed[0]) throw failed[0];
  };
  return {
    span: (span) => spanLanes[encodingOf(span)].push(span),
    log: (log) => logLanes[encodingOf(log)].push(log),
    async room() {
      while (underWay.size >= requestsMax) await Promise.race(underWay);
      rethrow();
    },
    async flush() {
      for (const one of lanes) one.send();
      await Promise.all(underWay);
      rethrow();
    },
    counts: () => ({
      spans: spanLanes.json.stored() + spanLanes.protobuf.stored(),
      logs: logLanes.json.stored() + logLanes.protobuf.stored(),
    }),
  };
}

function createLane<T>(store: (items: T[]) => Promise<void>, launch: (work: Promise<void>) => void): Lane<T> {
  const waiting: T[] = [];
  let stored = 0;
  const send = (): void => {
    const items = waiting.splice(0);
    if (items.length > 0) launch(store(items).then(() => void (stored += items.length)));
  };
  return {
    send,
    stored: () => stored,
    push(item) {
      if (waiting.push(item) >= batchMax) send();
    },
  };
}

function encodingOf(item: ReadableSpan | ReadableLogRecord): 'json' | 'protobuf' {
  return jsonServices.has(item.resource.attributes['service.name']) ? 'json' : 'protobuf';
}

type Done = (result: { code: number; error?: Error }) => void;

type Export = (done: Done) => void;

/** The SDK retries for a while by itself and honours Retry-After; after that we wait and ask again. */
async function persist(options: ExporterOptions, send: Export): Promise<void> {
  const sinceMs = options.now();
  for (let attempt = 1; ; attempt++) {
    const error = await once(send);
    if (error === undefined) return;
    const waitedMs = options.now() - sinceMs;
    if (waitedMs > options.patienceMs || options.stop.aborted) throw new CollectorAway(away(options, error));
    if (attempt === 1)
      options.say(`The collector at ${options.url} does not take telemetry yet (${error.message}); waiting.`);
    await sleep(Math.min(1000 * attempt, 5000), undefined, { signal: options.stop }).catch(() => undefined);
  }
}

function once(send: Export): Promise<Error | undefined> {
  return new Promise((resolve) => {
    send((result) => resolve(result.code === 0 ? undefined : (result.error ?? new Error('refused'))));
  });
}

function away(options: ExporterOptions, error: Error): string {
  const seconds = Math.round(options.patienceMs / 1000);
  return `The collector at ${options.url} took nothing for ${seconds} s (${error.message || 'no answer'}). Start it, or name another with PLUMBLINE_OTLP_URL.`;
}
