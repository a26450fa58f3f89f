import { StoreError, type StoreErrorCode } from '@plumbline/model/clickhouse/client.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { orderSpans } from './order-spans.ts';
import {
  readLogs,
  readReverseLinks,
  readSpans,
  readTraceIndex,
  type ReverseLinkRow,
  type SpanRow,
  type TraceLimits,
} from './queries.ts';
import type { Span, Trace } from './schemas.ts';

/** The first that the engine and the answer can carry. Ordinary traces fit the first. */
const limits: readonly [TraceLimits, ...TraceLimits[]] = [
  { rows: 2000, charsMax: 16_000 },
  { rows: 2000, charsMax: 200 },
  { rows: 100, charsMax: 200 },
];
const tooMuch: ReadonlySet<StoreErrorCode> = new Set(['too_many_rows', 'out_of_memory']);
const linkedMax = 50;
const nsPerMs = 1e6;

/** A trace whole: its spans in order, the traces that links join it to, its logs. @throws Problem not_found */
export async function readTrace(context: Context, traceId: string): Promise<Trace> {
  const { clickHouse } = context;
  const { catalog } = context.catalog.current();
  const [[index], reverse] = await Promise.all([
    readTraceIndex(clickHouse, [traceId]),
    readReverseLinks(clickHouse, traceId),
  ]);
  if (!index) {
    throw new Problem(
      'not_found',
      `No span of trace ${traceId} is stored. It may be older than what is kept, or may not have arrived yet.`,
    );
  }
  const { rows, logs, spansMax } = await readWithin(limits, async (within) => {
    const [rows, logs] = await Promise.all([
      readSpans(clickHouse, catalog, traceId, index, within),
      readLogs(clickHouse, traceId, index, within),
    ]);
    return { rows, logs, spansMax: within.rows };
  });
  const shown = orderSpans(rows.slice(0, spansMax));
  const startNs = rows.reduce(
    (least, row) => (BigInt(row.startNs) < least ? BigInt(row.startNs) : least),
    BigInt(rows[0]?.startNs ?? 0),
  );
  const endNs = rows.reduce((most, row) => {
    const end = BigInt(row.startNs) + BigInt(row.durationNs);
    return end > most ? end : most;
  }, startNs);
  const incoming = Map.groupBy(reverse, ({ spanId }) => spanId);
  const spans = shown.map((row) => spanOf(traceId, row, startNs, incoming.get(row.spanId) ?? []));
  return {
    traceId,
    startAt: index.start,
    durationMs: Number(endNs - startNs) / nsPerMs,
    services: [...new Set(shown.map(({ service }) => service))],
    errors: rows.filter(({ status }) => status === 'Error').length,
    spans,
    logs,
    linked: await linkedTraces(context, traceId, spans),
    keys: [...new Set(shown.flatMap(({ keys }) => keys))],
    truncated: rows.length > spansMax,
  };
}

/** Reads with the first limits, and with narrower ones where that is too much. */
async function readWithin<T>(
  [within, ...narrower]: readonly [TraceLimits, ...TraceLimits[]],
  read: (within: TraceLimits) => Promise<T>,
): Promise<T> {
  try {
    return await read(within);
  } catch (error) {
    const [next, ...rest] = narrower;
    if (!next || !(error instanceof StoreError) || !tooMuch.has(error.code)) throw error;
    return readWithin([next, ...rest], read);
  }
}

function spanOf(traceId: string, row: SpanRow, startNs: bigint, incoming: readonly ReverseLinkRow[]): Span {
  const offsetMs = (ns: string) => Number(BigInt(ns) - startNs) / nsPerMs;
  const outgoing = row.linkTraceIds.map((linkTraceId, at) => ({
    traceId: linkTraceId,
    spanId: row.linkSpanIds[at] ?? '',
    attributes: row.linkAttributes[at] ?? {},
    direction: 'outgoing' as const,
  }));
  return {
    traceId,
    spanId: row.spanId,
    parentSpanId: row.parentSpanId,
    name: row.name,
    kind: row.kind,
    service: row.service,
    system: row.system,
    startAt: row.startAt,
    offsetMs: offsetMs(row.startNs),
    durationMs: Number(row.durationNs) / nsPerMs,
    status: row.status,
    statusMessage: row.statusMessage,
    flow: row.flow || null,
    keys: row.keys,
    attributes: row.attributes,
    resource: row.resource,
    events: row.eventNames.map((name, at) => ({
      at: new Date(Number(BigInt(row.eventNs[at] ?? 0) / 1_000_000n)).toISOString(),
      offsetMs: offsetMs(row.eventNs[at] ?? '0'),
      name,
      attributes: row.eventAttributes[at] ?? {},
    })),
    links: [
      ...outgoing,
      ...incoming.map((link) => ({
        traceId: link.traceId,
        spanId: link.fromSpanId,
        attributes: {},
        direction: 'incoming' as const,
      })),
    ],
  };
}

async function linkedTraces(
  context: Context,
  traceId: string,
  spans: readonly Span[],
): Promise<Trace['linked']> {
  const ids = new Set(spans.flatMap(({ links }) => links.map((link) => link.traceId)));
  ids.delete(traceId);
  if (ids.size === 0) return [];
  const rows = await readTraceIndex(context.clickHouse, [...ids].slice(0, linkedMax));
  return rows.map((row) => ({
    traceId: row.traceId,
    name: row.name,
    service: row.services[0] ?? '',
    startAt: row.start,
  }));
}
