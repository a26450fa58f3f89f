import { setTimeout as sleep } from 'node:timers/promises';
import { encodeMessage } from '@plumbline/collector/decode/otlp-encoder.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStand, type Stand, type Stats } from '../conformance/otlp/stand.ts';

const spansPerBatch = 40;
const senders = 4;
const rounds = 24;
const minuteMs = 60_000;

let stand: Stand;
beforeAll(async () => {
  stand = await openStand({ clickHousePort: 22031, otlpPort: 22032 });
});
afterAll(() => stand.close());

const traceIdOf = (batch: number): string => batch.toString(16).padStart(32, '0');

function batchBody(batch: number): Buffer {
  const startNs = String(BigInt(Date.now()) * 1_000_000n);
  const spans = Array.from({ length: spansPerBatch }, (_, index) => ({
    traceId: traceIdOf(batch),
    spanId: (index + 1).toString(16).padStart(16, '0'),
    name: 'work',
    startTimeUnixNano: startNs,
    endTimeUnixNano: startNs,
    attributes: [{ key: 'batch', value: { intValue: String(batch) } }],
  }));
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'chaos' } }] };
  return encodeMessage('traces', { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
}

function expectBalance(stats: Stats): void {
  for (const { received, stored, rejected, quarantined, spooled } of [
    stats.traces,
    stats.logs,
    stats.metrics,
  ])
    expect(stored + rejected + quarantined + spooled).toBe(received);
}

/** Sends batches until told to stop; a batch that was not acknowledged is never sent again. */
async function send(acknowledged: Set<number>, next: () => number, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const batch = next();
    const headers = { 'content-type': 'application/x-protobuf' };
    const answer = await stand.collector.post('/v1/traces', batchBody(batch), headers).catch(() => undefined);
    if (answer?.status === 200) acknowledged.add(batch);
    else await sleep(20);
    await answer?.arrayBuffer().catch(() => undefined);
  }
}

/** Kills the engine; false when it is down already. Its supervisor starts it again. */
function killClickHouse(): boolean {
  const pid = stand.engines.pids().clickhouse;
  try {
    return pid !== undefined && process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

async function batchCounts(sql: string): Promise<Map<string, number>> {
  const rows = await stand.select<{ TraceId: string; Spans: number }>(sql);
  return new Map(rows.map(({ TraceId, Spans }) => [TraceId, Spans]));
}

test(
  'collector and ClickHouse killed again and again under load: each acknowledged span is stored once, views included',
  { timeout: 3 * minuteMs },
  async () => {
    const acknowledged = new Set<number>();
    let batches = 0;
    let isOver = false;
    const sending = Array.from({ length: senders }, () =>
      send(
        acknowledged,
        () => ++batches,
        () => isOver,
      ),
    );
    let kills = 0;
    for (let round = 0; round < rounds; round++) {
      // The pauses hit different moments: in the middle of a sync, of an insert, between an insert and its settlement.
      await sleep(150 + ((round * 277) % 900));
      expectBalance(await stand.collector.stats());
      if (round % 4 === 3 && killClickHouse()) kills++;
      if (round % 8 !== 3) {
        await stand.collector.end('SIGKILL');
        kills++;
        await stand.collector.start();
        expectBalance(await stand.collector.stats());
      }
    }
    isOver = true;
    await Promise.all(sending);
    expect(kills).toBeGreaterThanOrEqual(20);
    await stand.drained();

    const stats = await stand.collector.stats();
    expectBalance(stats);
    const limit = 'LIMIT 1000000';
    const stored = await batchCounts(
      `SELECT TraceId, count() AS Spans FROM otel_traces GROUP BY TraceId ${limit}`,
    );
    const distinct = await batchCounts(
      `SELECT TraceId, uniqExact(SpanId) AS Spans FROM otel_traces GROUP BY TraceId ${limit}`,
    );
    const derived = await batchCounts(
      `SELECT TraceId, sum(Spans) AS Spans FROM trace_index GROUP BY TraceId ${limit}`,
    );
    expect(acknowledged.size).toBeGreaterThan(100);
    expect([...acknowledged].filter((batch) => stored.get(traceIdOf(batch)) !== spansPerBatch)).toEqual([]);
    expect(stored).toEqual(distinct);
    expect(derived).toEqual(stored);
    const rows = [...stored.values()].reduce((sum, spans) => sum + spans, 0);
    expect(stats.traces.stored).toBe(rows);
  },
);
