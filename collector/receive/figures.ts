import type { RejectReason } from '../decode/request-context.ts';
import { signals, type Signal } from '../decode/tables.ts';
import type { Loading } from '../load/start-loading.ts';
import type { Spool } from '../spool/spool.ts';

/** Counters of this process; they start at zero with it. Counts of items are the spool's and durable. */
export class ReceiveFigures {
  readonly requests = new Map<string, number>();
  readonly rejected = new Map<string, number>();
  inFlightBytes = 0;

  countRequest(signal: Signal, status: number): void {
    const key = `${signal} ${status}`;
    this.requests.set(key, (this.requests.get(key) ?? 0) + 1);
  }

  countRejected(signal: Signal, reason: RejectReason, items: number): void {
    const key = `${signal} ${reason}`;
    this.rejected.set(key, (this.rejected.get(key) ?? 0) + items);
  }
}

/** The page `/stats`: per signal, received = stored + rejected + quarantined + spooled. */
export function statsPage(spool: Spool, loading: Loading): string {
  const body = {
    ...spool.stats(),
    spool: { segments: spool.segmentCount, bytes: spool.bytes, bytesMax: spool.limits.bytesTotalMax },
    store: { isReady: loading.isStoreReady(), ...loading.figures },
  };
  return `${JSON.stringify(body)}\n`;
}

function metric(name: string, type: string, help: string, samples: readonly string[]): string {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples, ''].join('\n');
}

/** The page `/metrics` in the Prometheus text format. */
export function metricsPage(spool: Spool, loading: Loading, figures: ReceiveFigures): string {
  const stats = spool.stats();
  const items = (['received', 'stored', 'rejected', 'quarantined'] as const).map((fate) =>
    metric(
      `plumbline_collector_${fate}_items_total`,
      'counter',
      `Spans, log records and data points ${fate}, since the spool was created.`,
      signals.map(
        (signal) => `plumbline_collector_${fate}_items_total{signal="${signal}"} ${stats[signal][fate]}`,
      ),
    ),
  );
  const name = 'plumbline_collector';
  const keyed = (
    metricName: string,
    labels: readonly string[],
    values: ReadonlyMap<string, number>,
  ): string[] =>
    [...values].map(([key, value]) => {
      const parts = key.split(' ').map((part, index) => `${labels[index]}="${part}"`);
      return `${metricName}{${parts.join(',')}} ${value}`;
    });
  return [
    ...items,
    metric(`${name}_spooled_items`, 'gauge', 'Items acknowledged and not yet stored.', [
      ...signals.map((signal) => `${name}_spooled_items{signal="${signal}"} ${stats[signal].spooled}`),
    ]),
    metric(`${name}_spool_bytes`, 'gauge', 'Bytes of the spool on disk.', [
      `${name}_spool_bytes ${spool.bytes}`,
    ]),
    metric(`${name}_spool_bytes_max`, 'gauge', 'Bytes at which senders are asked to wait.', [
      `${name}_spool_bytes_max ${spool.limits.bytesTotalMax}`,
    ]),
    metric(`${name}_in_flight_bytes`, 'gauge', 'Bytes of requests under way.', [
      `${name}_in_flight_bytes ${figures.inFlightBytes}`,
    ]),
    metric(
      `${name}_requests_total`,
      'counter',
      'Requests answered by this process.',
      keyed(`${name}_requests_total`, ['signal', 'status'], figures.requests),
    ),
    metric(
      `${name}_rejections_total`,
      'counter',
      'Items refused by this process, with the reason.',
      keyed(`${name}_rejections_total`, ['signal', 'reason'], figures.rejected),
    ),
    metric(`${name}_inserts_total`, 'counter', 'Inserts that ClickHouse took from this process.', [
      `${name}_inserts_total ${loading.figures.inserts}`,
    ]),
    metric(`${name}_insert_failures_total`, 'counter', 'Inserts that failed and are tried again.', [
      `${name}_insert_failures_total ${loading.figures.failures}`,
    ]),
    metric(
      `${name}_inserts_without_view_total`,
      'counter',
      'Inserts stored without a view that refused them.',
      [`${name}_inserts_without_view_total ${loading.figures.withoutView}`],
    ),
  ].join('');
}
