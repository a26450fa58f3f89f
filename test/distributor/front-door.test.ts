import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { query } from '@plumbline/model/clickhouse/client.ts';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { ManifestEntry } from './business/manifest.ts';
import { openStand, runDistributor, type Stand } from './stand/stand.ts';

/** The whole way: distributor → OTLP → collector → ClickHouse and its views, with the manifest as answer key. */
let dataDir: string;
let stand: Stand;
let manifest: ManifestEntry[];
let told: { spans: number; logs: number };

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'distributor-front-door-'));
  stand = await openStand(dataDir);
  const said = await runDistributor(['--once', '--days', '1.5', '--seed', '7'], {
    PLUMBLINE_OTLP_URL: stand.otlpUrl,
    PLUMBLINE_DATA_DIR: dataDir,
    DATABASE_URL: stand.engines.databaseUrl,
  });
  const [, spans, logs] = /(\d+) spans, (\d+) logs/.exec(said) ?? [];
  told = { spans: Number(spans), logs: Number(logs) };
  await stand.settled(told.spans, told.logs);
  const lines = await readFile(join(dataDir, 'distributor-manifest.jsonl'), 'utf8');
  manifest = lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ManifestEntry);
}, 180_000);

afterAll(async () => {
  await stand?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

test('nothing that was told is lost or doubled', async () => {
  const Row = z.object({ spans: z.coerce.number(), logs: z.coerce.number(), unique: z.coerce.number() });
  const [row] = await rows(
    `SELECT (SELECT count() FROM otel_traces) AS spans, (SELECT count() FROM otel_logs) AS logs,
       (SELECT uniqExact(TraceId, SpanId) FROM otel_traces) AS unique LIMIT 1`,
    Row,
  );
  expect(row).toEqual({ ...told, unique: told.spans });
  expect(told.spans).toBeGreaterThan(10_000);
});

test('spans that say nothing of ours land on their flow by match', async () => {
  const Row = z.object({
    Flow: z.string(),
    Operation: z.string(),
    found: z.coerce.number(),
    sent: z.coerce.number(),
  });
  const found = await rows(
    `SELECT m.Flow AS Flow, m.Operation AS Operation, count() AS found,
       (SELECT count() FROM otel_traces WHERE SpanKind = 'Server' AND SpanName = 'POST /v1/determinations') AS sent
     FROM messages AS m WHERE m.Flow IN ('erp-tax-determination', 'marketplace-order-to-erp')
     GROUP BY Flow, Operation ORDER BY Flow, Operation LIMIT 10`,
    Row,
  );
  expect(found.map((row) => `${row.Flow} ${row.Operation}`)).toEqual([
    'erp-tax-determination process',
    'erp-tax-determination send',
    'marketplace-order-to-erp process',
    'marketplace-order-to-erp send',
  ]);
  expect(found[0]?.found).toBe(found[0]?.sent);
  const [strangers] = await rows(
    `SELECT count() AS found FROM otel_traces
     WHERE ServiceName IN ('tax-engine', 'marketplace-connector') AND SpanName NOT LIKE 'PUT %'
       AND arrayExists(k -> startsWith(k, 'integration.') OR startsWith(k, 'business.'), mapKeys(SpanAttributes)) LIMIT 1`,
    z.object({ found: z.coerce.number() }),
  );
  expect(strangers?.found).toBe(0);
});

test('every span that moves a message lands on exactly the flow that it belongs to', async () => {
  const [row] = await rows(
    `SELECT (SELECT count() FROM otel_traces WHERE SpanAttributes['db.system.name'] = '') AS moving,
       (SELECT count() FROM messages) AS messages,
       (SELECT count() FROM messages AS m JOIN otel_traces AS t ON m.SpanId = t.SpanId AND m.TraceId = t.TraceId
        WHERE t.SpanAttributes['integration.flow'] NOT IN ('', m.Flow)) AS strayed LIMIT 1`,
    z.object({ moving: z.coerce.number(), messages: z.coerce.number(), strayed: z.coerce.number() }),
  );
  expect(row?.messages).toBe(row?.moving);
  expect(row?.strayed).toBe(0);
});

test("an order's shipment, invoice and payment are linked to it", async () => {
  const [row] = await rows(
    `SELECT Key, groupUniqArray(Milestone) AS reached FROM milestones
     WHERE Process = 'order-to-cash' GROUP BY Key HAVING has(reached, 'delivered') AND has(reached, 'settled')
     ORDER BY Key LIMIT 1`,
    z.object({ Key: z.string(), reached: z.array(z.string()) }),
  );
  const number = row?.Key.slice('order:SO-'.length);
  const linked = await rows(
    'SELECT DISTINCT Linked FROM business_key_links WHERE Key = {key:String} ORDER BY Linked LIMIT 50',
    z.object({ Linked: z.string() }),
    { key: row?.Key },
  );
  // One part of an order that went out in parts may have lost its invoice: that is one of the faults.
  const prefixes = ['shipment:SH', 'delivery:DL', 'invoice:INV', 'payment:PAY', 'journal_entry:JE'];
  const parts = linked.map((one) => one.Linked.replace(/-\d+$/, ''));
  expect(parts).toEqual(expect.arrayContaining(prefixes.map((prefix) => `${prefix}-${number}`)));
});

test('an order passes through at least five systems, told by each of them', async () => {
  const [row] = await rows(
    `SELECT uniqExact(System) AS systems FROM business_events AS e
     WHERE arrayExists(k -> k = (SELECT min(Key) FROM milestones WHERE Milestone = 'delivered'), e.Keys) LIMIT 1`,
    z.object({ systems: z.coerce.number() }),
  );
  expect(row?.systems).toBeGreaterThanOrEqual(5);
});

test('the failed counts of every flow are those of the manifest', async () => {
  const found = await rows(
    `SELECT Flow, Operation, sum(Failed) AS failed FROM flow_minute
     GROUP BY Flow, Operation HAVING failed > 0 ORDER BY Flow, Operation LIMIT 100`,
    z.object({ Flow: z.string(), Operation: z.string(), failed: z.coerce.number() }),
  );
  const counted = Object.fromEntries(found.map((row) => [`${row.Flow} ${row.Operation}`, row.failed]));
  expect(counted).toEqual(failuresOf(manifest));
});

test('the dead letters of flows that speak our words are those of the manifest', async () => {
  const found = await rows(
    `SELECT DISTINCT MessageId FROM messages
     WHERE Outcome = 'dead_lettered' AND MessageId != '' ORDER BY MessageId LIMIT 10000`,
    z.object({ MessageId: z.string() }),
  );
  const dead = new Set(manifest.filter((e) => e.outcome === 'dead_lettered').map((e) => e.messageId));
  expect(found.length).toBeGreaterThan(0);
  expect(found.filter((row) => !dead.has(row.MessageId))).toEqual([]);
});

test('a shipment of the manifest that was never invoiced has no invoice milestone', async () => {
  const faults = manifest.filter((entry) => entry.kind === 'shipment-without-invoice');
  expect(faults.length).toBeGreaterThan(0);
  const keys = faults.map((entry) => entry.keys.find((key) => key.startsWith('shipment:')) ?? '');
  const [row] = await rows(
    `SELECT countIf(Event = 'shipment.posted') AS posted, countIf(Event = 'invoice.issued') AS invoiced
     FROM business_events WHERE hasAny(Keys, {keys:Array(String)}) LIMIT 1`,
    z.object({ posted: z.coerce.number(), invoiced: z.coerce.number() }),
    { keys },
  );
  expect(row).toEqual({ posted: keys.length, invoiced: 0 });
});

test('the lost events leave gaps in the sequence, and nothing else does', async () => {
  const lost = manifest.filter((entry) => entry.kind === 'lost-event');
  const gaps = await rows(
    `SELECT level, groupArray(Sequence) AS numbers FROM (
       SELECT arrayFirst(k -> startsWith(k, 'stock_level:'), Keys) AS level, Sequence FROM business_events
       WHERE System = 'wms' AND Event = 'stock_movement.posted' ORDER BY Sequence)
     GROUP BY level ORDER BY level LIMIT 10000`,
    z.object({ level: z.string(), numbers: z.array(z.coerce.number()) }),
  );
  const missing = gaps.reduce((sum, { numbers }) => sum + Math.max(...numbers) - numbers.length, 0);
  const atTheEnd = lost.filter((entry) => {
    const numbers = gaps.find((gap) => entry.keys.includes(gap.level))?.numbers ?? [];
    return sequenceOf(entry) > Math.max(0, ...numbers);
  });
  expect(lost.length).toBeGreaterThan(0);
  expect(missing).toBe(lost.length - atTheEnd.length);
});

test('the tables of the systems hold what the records say', async () => {
  const url = new URL(stand.engines.databaseUrl);
  url.pathname = '/distributor';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ invoices: string; total: string }>(
      'SELECT count(*) AS invoices, sum(total)::text AS total FROM erp.invoice',
    );
    const [row] = await rows(
      `SELECT toString(count()) AS invoices, toString(sum(toDecimal64(Fields['total'], 2))) AS total
       FROM records FINAL WHERE Entity = 'invoice' AND System = 'erp' LIMIT 1`,
      z.object({ invoices: z.string(), total: z.string() }),
    );
    expect(Number(row?.invoices)).toBeGreaterThan(0);
    expect({ ...row, total: Number(row?.total) }).toEqual({ ...tables[0], total: Number(tables[0]?.total) });
  } finally {
    await client.end();
  }
});

function sequenceOf(entry: ManifestEntry): number {
  return Number(/sequence (\d+)/.exec(entry.expect)?.[1]);
}

/** Failed spans by flow and operation, as the manifest has them. */
function failuresOf(entries: readonly ManifestEntry[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const entry of entries) {
    for (const operation of entry.operations ?? []) {
      const name = `${entry.flow} ${operation}`;
      counts[name] = (counts[name] ?? 0) + 1;
    }
  }
  return counts;
}

function rows<T extends z.ZodType>(sql: string, schema: T, params: Record<string, unknown> = {}) {
  return query(stand.clickHouse, { name: 'front-door', sql, params, schema });
}
