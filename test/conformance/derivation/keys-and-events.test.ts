import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyDerivation } from '@plumbline/model/clickhouse/derivation/apply.ts';
import { derivationCatalog } from './catalog.ts';
import { insert, log, openStore, select, span, type SpanRow, type Store } from './store.ts';

let store: Store;
let inserts = 0;

beforeAll(async () => {
  store = await openStore();
  await applyDerivation(store.clickHouse, derivationCatalog());
});
afterAll(() => store.close());

async function insertSpan(row: SpanRow): Promise<string> {
  const id = `span-${(inserts += 1)}`;
  await insert(store.clickHouse, 'otel_traces', [span({ SpanKind: 'Internal', ...row, SpanId: id })], id);
  return id;
}

async function insertLog(row: SpanRow): Promise<string> {
  const id = `log-${(inserts += 1)}`;
  await insert(store.clickHouse, 'otel_logs', [log({ ...row, SpanId: id })], id);
  return id;
}

async function keysOf(spanId: string): Promise<string[]> {
  const rows = await select<{ Key: string }>(
    store.clickHouse,
    `SELECT Key FROM business_keys WHERE SpanId = '${spanId}' ORDER BY Key`,
  );
  return rows.map((row) => row.Key);
}

describe('business keys of a span', () => {
  it.each<[string, SpanRow, string[]]>([
    ['an array', { 'business.key': '["order:SO-1","shipment:SH-1"]' }, ['order:SO-1', 'shipment:SH-1']],
    ['a single text', { 'business.key': 'order:SO-2' }, ['order:SO-2']],
    ['an id that holds colons and spaces at its ends', { 'business.key': 'order: A:B ' }, ['order:A:B']],
    ['a mapped attribute', { 'wms.sales_order_no': 'SO-3' }, ['order:SO-3']],
    ['a mapped attribute with several ids', { 'app.order_id': '["1","2"]' }, ['order:1', 'order:2']],
    [
      'the same key said twice',
      { 'wms.sales_order_no': 'SO-4', 'business.key': 'order:SO-4' },
      ['order:SO-4'],
    ],
    ['what is no key', { 'business.key': '["Order:1","order:","order",":1","[]"]' }, []],
    ['broken JSON', { 'business.key': '["order:1"' }, []],
    ['an id that is too long', { 'business.key': `order:${'x'.repeat(201)}` }, []],
  ])('are read from %s', async (_, attributes, keys) => {
    expect(await keysOf(await insertSpan({ SpanAttributes: attributes }))).toEqual(keys);
  });

  it('are read from its links and its events too', async () => {
    const id = await insertSpan({
      'Links.TraceId': ['t9', 't8'],
      'Links.SpanId': ['s9', 's8'],
      'Links.TraceState': ['', ''],
      'Links.Attributes': [{ 'business.key': 'order:SO-9' }, { 'shipment.no': 'SH-8' }],
      'Events.Timestamp': ['2026-11-01 10:00:00.001'],
      'Events.Name': ['checkpoint'],
      'Events.Attributes': [{ 'business.key': 'invoice:I-9' }],
    });
    expect(await keysOf(id)).toEqual(['invoice:I-9', 'order:SO-9', 'shipment:SH-8']);
    const links = await select<{ LinkedTraceId: string }>(
      store.clickHouse,
      `SELECT LinkedTraceId FROM span_links WHERE SpanId = '${id}' ORDER BY LinkedTraceId`,
    );
    expect(links.map((link) => link.LinkedTraceId)).toEqual(['t8', 't9']);
  });

  it('are found by their bare id in lower case', async () => {
    await insertSpan({ SpanAttributes: { 'business.key': 'order:Straße-77' } });
    const rows = await select<{ Key: string }>(
      store.clickHouse,
      `SELECT DISTINCT Key FROM key_search WHERE Id = 'straße-77'`,
    );
    expect(rows).toEqual([{ Key: 'order:Straße-77' }]);
  });
});

describe('links between keys', () => {
  const linksOf = async (key: string): Promise<string[]> => {
    const rows = await select<{ Linked: string }>(
      store.clickHouse,
      `SELECT DISTINCT Linked FROM business_key_links WHERE Key = '${key}' ORDER BY Linked`,
    );
    return rows.map((row) => row.Linked);
  };

  it('run both ways, and never through an entity that no process follows', async () => {
    await insertSpan({ SpanAttributes: { 'business.key': '["order:L-1","customer:C-1","shipment:L-2"]' } });
    await insertLog({ LogAttributes: { 'business.key': '["shipment:L-2","invoice:L-3"]' } });
    expect(await linksOf('order:L-1')).toEqual(['shipment:L-2']);
    expect(await linksOf('shipment:L-2')).toEqual(['invoice:L-3', 'order:L-1']);
    expect(await linksOf('customer:C-1')).toEqual([]);
  });

  it('of a span with very many keys join the first with the others only', async () => {
    const keys = Array.from({ length: 30 }, (_, index) => `order:M-${String(index).padStart(2, '0')}`);
    await insertSpan({ SpanAttributes: { 'business.key': JSON.stringify(keys) } });
    expect(await linksOf('order:M-00')).toEqual(keys.slice(1));
    expect(await linksOf('order:M-07')).toEqual(['order:M-00']);
  });
});

describe('business events', () => {
  const eventsOf = (id: string) =>
    select<Record<string, unknown>>(
      store.clickHouse,
      `SELECT * FROM business_events WHERE SpanId = '${id}' ORDER BY Event`,
    );

  it('come from logs with their own time, system, sequence and fields', async () => {
    const id = await insertLog({
      EventName: 'order.placed',
      ServiceName: 'crm-web',
      LogAttributes: {
        'business.key': '["order:E-1"]',
        'business.event_time': '2026-11-01T08:00:00.5Z',
        'business.sequence': '7',
        'order.amount': '12.50',
        'order.currency': 'EUR',
      },
    });
    expect(await eventsOf(id)).toMatchObject([
      {
        Event: 'order.placed',
        EventTime: '2026-11-01T08:00:00.500000Z',
        EmitTime: '2026-11-01T10:00:00.000000Z',
        Entity: 'order',
        EntityId: 'E-1',
        System: 'crm',
        Service: 'crm-web',
        Sequence: 7,
        Attributes: { 'order.amount': '12.50', 'order.currency': 'EUR' },
      },
    ]);
  });

  it('are about the entity in their name when their sender does not say', async () => {
    const id = await insertLog({
      LogAttributes: { 'event.name': 'shipment.posted', 'wms.sales_order_no': 'E-2', 'shipment.no': 'S-2' },
    });
    expect(await eventsOf(id)).toMatchObject([
      { Entity: 'shipment', EntityId: 'S-2', Keys: ['shipment:S-2', 'order:E-2'], System: 'wms' },
    ]);
  });

  it('come from span events that name an object, and from no other', async () => {
    const id = await insertSpan({
      ServiceName: 'erp-api',
      'Events.Timestamp': ['2026-11-01 10:00:00.001', '2026-11-01 10:00:00.002', '2026-11-01 10:00:00.003'],
      'Events.Name': ['invoice.issued', 'feature_flag.evaluation', 'exception'],
      'Events.Attributes': [
        { 'business.key': '["invoice:I-3","order:E-3"]' },
        {},
        { 'business.key': 'order:E-3' },
      ],
    });
    expect(await eventsOf(id)).toMatchObject([
      {
        Event: 'invoice.issued',
        Entity: 'invoice',
        EntityId: 'I-3',
        System: 'erp',
        EventTime: '2026-11-01T10:00:00.001000Z',
      },
    ]);
  });

  it('reach the milestones of the run that they name, by system where two wait for one event', async () => {
    const attributes = { 'business.key': 'order:E-4' };
    await insertLog({
      EventName: 'order.placed',
      ServiceName: 'anyone',
      LogAttributes: { ...attributes, 'order.amount': '1999.990001', 'order.currency': 'USD' },
    });
    await insertLog({
      EventName: 'order.placed',
      Timestamp: '2026-11-01 11:00:00',
      LogAttributes: attributes,
    });
    await insertLog({ EventName: 'order.accepted', ServiceName: 'wms', LogAttributes: attributes });
    const rows = await select(
      store.clickHouse,
      `SELECT Milestone, min(At) AS at, toString(max(Amount)) AS amount, max(Currency) AS currency FROM milestones WHERE Key = 'order:E-4' GROUP BY Milestone ORDER BY Milestone`,
    );
    expect(rows).toEqual([
      { Milestone: 'accepted-by-wms', at: '2026-11-01T10:00:00.000000Z', amount: null, currency: '' },
      { Milestone: 'placed', at: '2026-11-01T10:00:00.000000Z', amount: '1999.990001', currency: 'USD' },
    ]);
    const times = await select(
      store.clickHouse,
      `SELECT count() AS n FROM milestone_times WHERE Process = 'order-to-cash' AND Key = 'order:E-4'`,
    );
    expect(times).toEqual([{ n: 3 }]);
  });
});

describe('records', () => {
  it('keep the highest version of each system, whatever came last', async () => {
    const snapshot = (version: string, status: string) =>
      insertLog({
        EventName: 'record.snapshot',
        ServiceName: 'erp-api',
        LogAttributes: { 'business.key': 'order:R-1', 'business.version': version, status },
      });
    await snapshot('9', 'shipped');
    await snapshot('10', 'invoiced');
    await snapshot('3', 'open');
    const rows = await select(
      store.clickHouse,
      `SELECT System, toString(Version) AS version, Fields FROM records FINAL WHERE Entity = 'order' AND EntityId = 'R-1'`,
    );
    expect(rows).toEqual([{ System: 'erp', version: '10', Fields: { status: 'invoiced' } }]);
    expect(
      await select(store.clickHouse, `SELECT count() AS n FROM business_events WHERE EntityId = 'R-1'`),
    ).toEqual([{ n: 0 }]);
  });
});
