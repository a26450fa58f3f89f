import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Kpi } from '@plumbline/model/catalog/kpi.ts';
import { applyDerivation } from '@plumbline/model/clickhouse/derivation/apply.ts';
import { probeAttribute, probeService } from '@plumbline/model/telemetry/probe-attributes.ts';
import { derivationCatalog } from '../conformance/derivation/catalog.ts';
import {
  contents,
  insert,
  log,
  openStore,
  select,
  span,
  type SpanRow,
  type Store,
} from '../conformance/derivation/store.ts';

let store: Store;

beforeAll(async () => {
  store = await openStore();
  await applyDerivation(store.clickHouse, { ...derivationCatalog(), kpis: [stockOfOrders] });
});
afterAll(() => store.close());

/** The past of records is kept of those whose stock a KPI asks for. */
const stockOfOrders: Kpi = {
  name: 'stock',
  title: 'Stock',
  description: '',
  timeZone: 'UTC',
  target: { atLeast: 0.97 },
  measure: {
    kind: 'stock-accuracy',
    entity: 'order',
    actual: 'wms',
    book: 'erp',
    quantity: 'quantity',
    tolerances: {},
  },
};

/** Spans and logs that reach every derived table, distinct for every batch. */
function batch(number: number): { spans: SpanRow[]; logs: SpanRow[] } {
  const spans = Array.from({ length: 500 }, (_, index) => {
    const id = `${number}-${index}`;
    return span({
      SpanId: id,
      ...(index % 10 === 0 ? { ServiceName: probeService } : {}),
      TraceId: `trace-${number}-${index % 50}`,
      StatusCode: index % 9 === 0 ? 'Error' : 'Unset',
      StatusMessage: index % 9 === 0 ? `lock on row ${index}` : '',
      SpanAttributes: {
        'messaging.destination.name': 'orders.wms',
        'business.key': JSON.stringify([`order:${id}`, `shipment:${id}`]),
        'integration.attempt': String(1 + (index % 3)),
        'integration.sent_at': '2026-11-01T09:59:58Z',
        ...(index % 10 === 0 ? { [probeAttribute.name]: 'a', [probeAttribute.outcome]: 'passed' } : {}),
      },
      'Links.TraceId': [`sender-${id}`],
      'Links.SpanId': ['s'],
      'Links.TraceState': [''],
      'Links.Attributes': [{}],
      'Events.Timestamp': ['2026-11-01 10:00:00.001'],
      'Events.Name': ['order.accepted'],
      'Events.Attributes': [{ 'business.key': `order:${id}` }],
    });
  });
  const logs = spans.map((row, index) =>
    log({
      SpanId: row['SpanId'],
      EventName: index % 2 === 0 ? 'order.placed' : 'record.snapshot',
      LogAttributes: { 'business.key': `order:${String(row['SpanId'])}`, 'business.version': '1' },
    }),
  );
  return { spans, logs };
}

async function insertBatch(number: number): Promise<void> {
  const { spans, logs } = batch(number);
  await insert(store.clickHouse, 'otel_traces', spans, `spans-${number}`);
  await insert(store.clickHouse, 'otel_logs', logs, `logs-${number}`);
}

const untouched = '0 rows, hash 0';

describe('a retried insert', () => {
  it('changes no base table and no derived one', async () => {
    for (const number of [1, 2, 3]) await insertBatch(number);
    const before = await contents(store.clickHouse);
    const metrics = Object.keys(before).filter((table) => table.startsWith('otel_metrics_'));
    const empty = Object.keys(before).filter((table) => before[table] === untouched);
    expect(empty.sort()).toEqual(metrics.sort());
    for (const number of [3, 1, 2, 1]) await insertBatch(number);
    expect(await contents(store.clickHouse)).toEqual(before);
  });

  it('completes what the first try left half done, and doubles nothing of the other half', async () => {
    await refuseInserts('flow_minute');
    await refuseInserts('business_key_links');
    await expect(insert(store.clickHouse, 'otel_traces', batch(4).spans, 'spans-4')).rejects.toThrow(
      /constraint/i,
    );
    await allowInserts('flow_minute');
    await allowInserts('business_key_links');
    await insert(store.clickHouse, 'otel_traces', batch(4).spans, 'spans-4');
    await insert(store.clickHouse, 'otel_traces', batch(4).spans, 'spans-4');
    const [found] = await select<Record<string, number>>(
      store.clickHouse,
      `SELECT (SELECT count() FROM otel_traces WHERE SpanId LIKE '4-%') AS spans,
              (SELECT count() FROM messages WHERE SpanId LIKE '4-%') AS messages,
              (SELECT sum(Total) FROM flow_minute) AS counted,
              (SELECT sum(Spans) FROM trace_index WHERE TraceId LIKE 'trace-4-%') AS indexed,
              (SELECT count() FROM business_keys WHERE SpanId LIKE '4-%' AND Signal = 'span') AS keys,
              (SELECT uniqExact(Key, Linked) FROM business_key_links WHERE Key LIKE 'order:4-%') AS links`,
    );
    expect(found).toEqual({ spans: 500, messages: 500, counted: 2000, indexed: 500, keys: 1000, links: 500 });
  });

  it('is still recognised after the views were changed in between', async () => {
    await insertBatch(5);
    const before = await contents(store.clickHouse);
    const catalog = derivationCatalog('changed');
    const changed = await applyDerivation(store.clickHouse, { ...catalog, flows: catalog.flows.slice(0, 2) });
    expect(changed.changed).toContain('span_facts_from_traces');
    expect(changed.created).toEqual([]);
    await insertBatch(5);
    expect(await contents(store.clickHouse)).toEqual(before);
  });

  it('is still recognised after the engine was restarted, the first time and later', async () => {
    const before = await contents(store.clickHouse);
    for (let restart = 0; restart < 2; restart += 1) {
      await store.restart();
      for (const number of [1, 2, 5]) await insertBatch(number);
      expect(await contents(store.clickHouse)).toEqual(before);
    }
    await applyDerivation(store.clickHouse, derivationCatalog('changed again'));
    for (const number of [1, 2, 5]) await insertBatch(number);
    expect(await contents(store.clickHouse)).toEqual(before);
  });
});

async function refuseInserts(table: string): Promise<void> {
  await store.clickHouse.command({ query: `ALTER TABLE ${table} ADD CONSTRAINT refusing CHECK 0` });
}

async function allowInserts(table: string): Promise<void> {
  await store.clickHouse.command({ query: `ALTER TABLE ${table} DROP CONSTRAINT refusing` });
}
