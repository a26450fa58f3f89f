import { cp, readdir, rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CollectorProcess, openStand, type Stand } from '../conformance/otlp/stand.ts';

let stand: Stand;
let spool: string;
let spans = 0;

beforeAll(async () => {
  stand = await openStand({ clickHousePort: 22041, otlpPort: 22042 });
  spool = `${stand.directory}/retry-spool`;
});
afterAll(() => stand.close());

function body(name: string, count: number): string {
  const time = String(BigInt(Date.now()) * 1_000_000n);
  const list = Array.from({ length: count }, () => ({
    traceId: 'ab'.repeat(16),
    spanId: (++spans).toString(16).padStart(16, '0'),
    name,
    startTimeUnixNano: time,
    endTimeUnixNano: time,
  }));
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: list }] }] });
}

async function send(collector: CollectorProcess, name: string, count: number): Promise<void> {
  const answer = await collector.post('/v1/traces', body(name, count), {
    'content-type': 'application/json',
  });
  expect(answer.status).toBe(200);
}

async function counts(): Promise<{ base: number; view: number }> {
  const [row] = await stand.select<{ base: number; view: number }>(
    'SELECT (SELECT count() FROM otel_traces) AS base, (SELECT sum(Spans) FROM trace_index) AS view',
  );
  return row ?? { base: -1, view: -1 };
}

async function drained(collector: CollectorProcess): Promise<void> {
  for (;;) if ((await collector.stats()).traces.spooled === 0) return;
}

test('a segment of several blocks that is sent twice is stored once, in the views too', async () => {
  const away = new CollectorProcess(22043, {
    CLICKHOUSE_URL: 'http://127.0.0.1:22049/plumbline',
    PLUMBLINE_SPOOL_DIR: spool,
  });
  await away.start();
  for (let index = 0; index < 20; index++) await send(away, `op ${index}`, 7);
  expect((await away.stats()).traces).toMatchObject({ received: 140, spooled: 140 });
  expect(await away.end('SIGTERM')).toBe(0);
  await cp(spool, `${spool}-copy`, { recursive: true });

  const present = (): CollectorProcess =>
    new CollectorProcess(22043, { CLICKHOUSE_URL: stand.engines.clickhouseUrl, PLUMBLINE_SPOOL_DIR: spool });
  const first = present();
  await first.start();
  await drained(first);
  expect(await first.end('SIGTERM')).toBe(0);
  expect(await counts()).toEqual({ base: 140, view: 140 });

  // As after a kill between the insert and its settlement: the same spool, the rows already stored.
  await rm(spool, { recursive: true });
  await cp(`${spool}-copy`, spool, { recursive: true });
  const second = present();
  await second.start();
  await drained(second);
  expect((await second.stats()).traces).toMatchObject({ received: 140, stored: 140, spooled: 0 });
  expect(await second.end('SIGTERM')).toBe(0);
  expect(await counts()).toEqual({ base: 140, view: 140 });
});

/** Spools one batch per name while ClickHouse is out of reach, then lets the collector load them all at once. */
async function spoolThenLoad(names: readonly string[]): Promise<void> {
  await stand.collector.end('SIGTERM');
  const away = new CollectorProcess(22042, {
    CLICKHOUSE_URL: 'http://127.0.0.1:22049/plumbline',
    PLUMBLINE_SPOOL_DIR: `${stand.directory}/spool`,
  });
  await away.start();
  for (const name of names) await send(away, name, 5);
  await away.end('SIGTERM');
  await stand.collector.start();
  await drained(stand.collector);
}

test('a block that the table refuses goes to quarantine; its neighbours are stored once', async () => {
  const before = await counts();
  await stand.clickHouse.command({
    query: `ALTER TABLE otel_traces ADD CONSTRAINT no_poison CHECK SpanName != 'poison'`,
  });
  await spoolThenLoad(['good', 'poison', 'good', 'good']);
  await send(stand.collector, 'later', 3);
  await drained(stand.collector);
  expect((await stand.collector.stats()).traces).toEqual({
    received: 23,
    stored: 18,
    rejected: 0,
    quarantined: 5,
    spooled: 0,
  });
  expect(await counts()).toEqual({ base: before.base + 18, view: before.view + 18 });
  const kept = await readdir(`${stand.directory}/spool/quarantine`);
  expect(kept.filter((name) => name.endsWith('.seg'))).toHaveLength(1);
  expect(kept.filter((name) => name.endsWith('.json'))).toHaveLength(1);
});

test('rows that one view refuses are stored once, and reach the other views', async () => {
  const before = await counts();
  await stand.clickHouse.command({
    query: `CREATE MATERIALIZED VIEW refuses_venom TO trace_index AS
            SELECT TraceId FROM otel_traces WHERE throwIf(SpanName = 'venom', 'venom') = 1`,
  });
  await spoolThenLoad(['good', 'venom', 'good']);
  await send(stand.collector, 'later', 3);
  await drained(stand.collector);
  expect(await counts()).toEqual({ base: before.base + 18, view: before.view + 18 });
  expect((await stand.collector.stats()).traces).toMatchObject({ stored: 36, quarantined: 5, spooled: 0 });
});

test('two collectors never share a spool, and the lock of a killed one is taken over', async () => {
  const rival = new CollectorProcess(22044, {
    CLICKHOUSE_URL: stand.engines.clickhouseUrl,
    PLUMBLINE_SPOOL_DIR: `${stand.directory}/spool`,
  });
  await expect(rival.start()).rejects.toThrow('ended with 1');
  await stand.collector.end('SIGKILL');
  await rival.start();
  expect(await rival.end('SIGTERM')).toBe(0);
  await stand.collector.start();
});
