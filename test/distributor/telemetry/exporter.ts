import { setTimeout as sleep } from 'node:timers/promises';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Sink } from './emitter.ts';

interface Batch<T> {
  items: T[];
}

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

/** Batches through the SDK's own OTLP exporters; nothing is dropped, a refused batch is sent again. */
export function createExporter(options: ExporterOptions): Exporter {
  const { url, token } = options;
  const settings = {
    timeoutMillis: requestTimeoutMs,
    concurrencyLimit: requestsMax + 1,
    ...(token && { headers: { authorization: `Bearer ${token}` } }),
  };
  const spanExporter = new OTLPTraceExporter({ ...settings, url: `${url}/v1/traces` });
  const logExporter = new OTLPLogExporter({ ...settings, url: `${url}/v1/logs` });
  const spans: Batch<ReadableSpan> = { items: [] };
  const logs: Batch<ReadableLogRecord> = { items: [] };
  const sent = { spans: 0, logs: 0 };
  const underWay = new Set<Promise<void>>();
  const failed: Error[] = [];

  const launch = (work: Promise<void>): void => {
    const tracked: Promise<void> = work
      .catch((error: unknown) => void failed.push(error instanceof Error ? error : new Error(String(error))))
      .finally(() => underWay.delete(tracked));
    underWay.add(tracked);
  };
  const sendSpans = (): void => {
    const items = spans.items.splice(0);
    if (items.length === 0) return;
    launch(
      persist(options, (done) => spanExporter.export(items, done)).then(
        () => void (sent.spans += items.length),
      ),
    );
  };
  const sendLogs = (): void => {
    const items = logs.items.splice(0);
    if (items.length === 0) return;
    launch(
      persist(options, (done) => logExporter.export(items, done)).then(
        () => void (sent.logs += items.length),
      ),
    );
  };
  const rethrow = (): void => {
    if (failed[0]) throw failed[0];
  };
  return {
    span: (span) => void (spans.items.push(span) >= batchMax && sendSpans()),
    log: (log) => void (logs.items.push(log) >= batchMax && sendLogs()),
    async room() {
      while (underWay.size >= requestsMax) await Promise.race(underWay);
      rethrow();
    },
    async flush() {
      sendSpans();
      sendLogs();
      await Promise.all(underWay);
      rethrow();
    },
    counts: () => ({ ...sent }),
  };
}

type Export = (done: (result: { code: number; error?: Error }) => void) => void;

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
