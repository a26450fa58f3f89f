import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Overview } from '@plumbline/control-plane/overview/schemas.ts';
import type { SearchResult } from '@plumbline/control-plane/search/schemas.ts';
import type { Trace } from '@plumbline/control-plane/traces/schemas.ts';
import type { Transaction, TransactionList } from '@plumbline/control-plane/transactions/schemas.ts';
import type { z } from 'zod';
import { createRows, minuteMs, smallCatalog } from './dataset.ts';
import { openApiStand, type ApiStand } from './stand.ts';

type List = z.infer<typeof TransactionList>;
type Search = z.infer<typeof SearchResult>;

/** Everything happened some time before this, and the deadlines of the second order have passed. */
const end = new Date(Math.floor(Date.now() / minuteMs) * minuteMs);
const ago = (minutes: number) => new Date(end.getTime() - minutes * minuteMs).toISOString();
const range = `from=${ago(120)}&to=${ago(0)}`;
const sendTrace = 'a'.repeat(32);
const processTrace = 'b'.repeat(32);
const hugeTrace = 'd'.repeat(32);

let directory: string;
let api: ApiStand;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'plumbline-queries-'));
  api = await openApiStand({ directory, catalog: smallCatalog(), apiPort: 25_002 });
  const rows = createRows(end);
  const event = (name: string, minutes: number, keys: string[], service: string, more = {}) =>
    rows.event(name, -minutes * minuteMs, keys, service, more);
  const worth = (amount: string) => ({
    'order.amount': amount,
    'order.currency': 'USD',
    'order.email': 'a@b.test',
  });

  event('order.placed', 90, ['order:SO-1001', 'customer:C-1'], 'shop-web', worth('120.50'));
  event('order.accepted', 88, ['order:SO-1001'], 'erp-api');
  event('shipment.posted', 70, ['shipment:SH-1', 'order:SO-1001'], 'erp-api');
  event('invoice.issued', 60, ['invoice:IN-1', 'shipment:SH-1', 'order:SO-1001'], 'erp-api');
  event('order.placed', 80, ['order:SO-1002', 'customer:C-1'], 'shop-web', worth('80'));
  // The third order's invoice knows its shipment alone: the key joins what no event says outright.
  event('order.placed', 100, ['order:SO-1003'], 'shop-web', worth('7'));
  event('order.accepted', 99, ['order:SO-1003'], 'erp-api');
  event('shipment.posted', 98, ['shipment:SH-3', 'order:SO-1003'], 'erp-api');
  event('invoice.issued', 97, ['invoice:IN-3', 'shipment:SH-3'], 'erp-api');

  const key = { 'business.key': '["order:SO-1001"]' };
  rows.message('orders-to-erp', 'Producer', -90 * minuteMs, key, {
    TraceId: sendTrace,
    SpanId: 'a'.repeat(16),
  });
  // Processed in a trace of its own that the first one does not know; its clock runs behind.
  rows.message(
    'orders-to-erp',
    'Consumer',
    -89 * minuteMs,
    { ...key, 'integration.attempt': '1', 'error.type': 'Timeout' },
    {
      TraceId: processTrace,
      SpanId: 'b'.repeat(16),
      StatusCode: 'Error',
      StatusMessage: 'no answer',
      'Links.TraceId': [sendTrace],
      'Links.SpanId': ['a'.repeat(16)],
      'Links.TraceState': [''],
      'Links.Attributes': [{}],
    },
  );
  rows.message(
    '',
    'Consumer',
    -89 * minuteMs - 50,
    {},
    {
      TraceId: processTrace,
      SpanId: 'c'.repeat(16),
      ParentSpanId: 'b'.repeat(16),
      SpanKind: 'Internal',
      SpanName: 'inner step',
    },
  );
  rows.message('orders-to-erp', 'Consumer', -88 * minuteMs, { ...key, 'integration.attempt': '2' });

  for (let at = 0; at < 1600; at++) {
    const span = { TraceId: hugeTrace, SpanId: at.toString(16).padStart(16, '0'), SpanKind: 'Internal' };
    rows.message('', 'Consumer', -60 * minuteMs, { note: 'x'.repeat(20_000), small: 'kept' }, span);
  }

  const record = (system: string, fields: Record<string, string>) =>
    event('record.snapshot', 85, ['order:SO-1001'], system === 'erp' ? 'erp-api' : 'shop-web', {
      'business.system': system,
      'business.version': '3',
      ...fields,
    });
  record('erp', { total: '120.5', status: 'shipped', email: 'a@b.test' });
  record('shop', { total: '120.50', status: 'open', email: 'a@b.test' });
  await rows.insert(api.clickHouse, 'business');
});
afterAll(async () => {
  await api?.close();
  await rm(directory, { recursive: true, force: true });
});

describe('GET /transactions/{businessKey}', () => {
  it('tells of one run by any of its keys', async () => {
    const byOrder = await api.get<Transaction>('/transactions/order:SO-1001');
    expect(byOrder.status).toBe(200);
    const { summary, keys, milestones, messages, traces } = byOrder.body;
    expect(summary).toMatchObject({
      process: 'order-to-cash',
      key: 'order:SO-1001',
      state: 'completed_late',
      reached: 4,
      total: 4,
      waitingFor: null,
      value: { amount: '120.50', currency: 'USD' },
    });
    expect(new Date(summary?.startedAt ?? 0).toISOString()).toBe(ago(90));
    expect(keys.map((one) => one.key)).toEqual(['order:SO-1001', 'invoice:IN-1', 'shipment:SH-1']);
    expect(milestones.map(({ name, state, lateByMs }) => [name, state, lateByMs])).toEqual([
      ['placed', 'reached', null],
      ['accepted', 'reached', -3 * minuteMs],
      ['shipped', 'reached_late', 3 * minuteMs],
      ['invoiced', 'reached', -20 * minuteMs],
      ['praised', 'waiting', null],
    ]);
    expect(messages.map(({ operation, outcome, cause }) => [operation, outcome, cause])).toEqual([
      ['send', 'delivered', ''],
      ['process', 'failed', 'Timeout: no answer'],
      ['process', 'delivered', ''],
    ]);
    expect(traces.map(({ traceId }) => traceId)).toEqual(expect.arrayContaining([sendTrace, processTrace]));
    for (const other of ['shipment:SH-1', 'invoice:IN-1']) {
      const { body } = await api.get<Transaction>(`/transactions/${other}`);
      expect([body.requested, body.summary?.key, body.milestones.length]).toEqual([
        other,
        'order:SO-1001',
        5,
      ]);
    }
  });

  it('puts what each system believes side by side, and shows nothing that is masked', async () => {
    const { body } = await api.get<Transaction>('/transactions/order:SO-1001');
    expect(body.records).toHaveLength(1);
    const [comparison] = body.records;
    expect(comparison?.fields).toEqual([
      { field: 'email', authority: null, agree: true, masked: true },
      { field: 'status', authority: null, agree: false, masked: false },
      { field: 'total', authority: 'erp', agree: true, masked: false },
    ]);
    expect(JSON.stringify(body)).not.toContain('a@b.test');
  });

  it('joins by key what no trace and no event says outright', async () => {
    const { body } = await api.get<Transaction>('/transactions/invoice:IN-3');
    expect(body.summary).toMatchObject({ key: 'order:SO-1003', state: 'completed' });
    expect(body.keys.map(({ key }) => key)).toEqual(['order:SO-1003', 'shipment:SH-3', 'invoice:IN-3']);
  });

  it('does not let a customer glue runs together', async () => {
    const { body } = await api.get<Transaction>('/transactions/order:SO-1002');
    expect(body.keys.map(({ key }) => key)).toEqual(['order:SO-1002']);
    expect(body.summary).toMatchObject({ state: 'late', waitingFor: { name: 'accepted', dueAt: ago(75) } });
    const customer = await api.get<Transaction>('/transactions/customer:C-1');
    expect(customer.body.summary).toBeNull();
  });

  it('refuses what is no key, and does not find what is unknown', async () => {
    expect((await api.get('/transactions/nonsense')).status).toBe(400);
    expect((await api.get('/transactions/order:SO-9999')).status).toBe(404);
  });
});

describe('GET /transactions', () => {
  it('lists runs newest first, by state, worth and number', async () => {
    const all = await api.get<List>(`/transactions?${range}`);
    expect(all.body.items.map(({ key, state }) => [key, state])).toEqual([
      ['order:SO-1002', 'late'],
      ['order:SO-1001', 'completed_late'],
      // Its invoice names no order: the page of the run knows of it, lists and counts do not.
      ['order:SO-1003', 'late'],
    ]);
    const late = await api.get<List>(`/transactions?${range}&state=late`);
    expect(late.body.items.map(({ key }) => key)).toEqual(['order:SO-1002', 'order:SO-1003']);
    const dear = await api.get<List>(`/transactions?${range}&minValue=100`);
    expect(dear.body.items.map(({ key }) => key)).toEqual(['order:SO-1001']);
    const byShipment = await api.get<List>('/transactions?query=SH-1');
    expect(byShipment.body.items.map(({ key }) => key)).toEqual(['order:SO-1001']);
    expect((await api.get<List>(`/transactions?from=${ago(300)}&to=${ago(200)}`)).body.items).toEqual([]);
  });

  it('pages without skipping or repeating', async () => {
    const keys: string[] = [];
    let cursor = '';
    do {
      const { body }: { body: List } = await api.get<List>(`/transactions?${range}&limit=1${cursor}`);
      keys.push(...body.items.map(({ key }) => key));
      cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');
    expect(keys).toEqual(['order:SO-1002', 'order:SO-1001', 'order:SO-1003']);
  });

  it('is counted the same way in the overview', async () => {
    const { body } = await api.get<Overview>(`/overview?${range}`);
    expect(body.processes).toEqual([
      {
        process: 'order-to-cash',
        title: 'Order to cash',
        total: 3,
        completed: 1,
        onTrack: 0,
        late: 2,
        lateValue: [{ amount: '87.00', currency: 'USD' }],
      },
    ]);
  });
});

describe('GET /traces/{id}', () => {
  it('shows spans in order though a clock runs behind, and links in both directions', async () => {
    const { body } = await api.get<Trace>(`/traces/${processTrace}`);
    expect(body.spans.map(({ name, flow }) => [name, flow])).toEqual([
      ['process orders-to-erp', 'orders-to-erp'],
      ['inner step', null],
    ]);
    expect(body.spans.map(({ offsetMs }) => offsetMs)).toEqual([50, 0]);
    expect(body).toMatchObject({ durationMs: 60, errors: 1, truncated: false, keys: ['order:SO-1001'] });
    expect(body.linked.map(({ traceId }) => traceId)).toEqual([sendTrace]);
    const sender = await api.get<Trace>(`/traces/${sendTrace.toUpperCase()}`);
    expect(sender.body.spans[0]?.links).toEqual([
      { traceId: processTrace, spanId: 'b'.repeat(16), attributes: {}, direction: 'incoming' },
    ]);
  });

  it('cuts long values of a trace that is too large to be sent whole', async () => {
    const { status, body } = await api.get<Trace>(`/traces/${hugeTrace}`);
    expect([status, body.spans.length, body.truncated]).toEqual([200, 1600, false]);
    expect(body.spans[7]?.attributes).toMatchObject({
      small: 'kept',
      note: `${'x'.repeat(200)} … (cut: 20000 bytes in all)`,
    });
  });

  it('is 404 for an unknown trace and 400 for what is no trace id', async () => {
    expect((await api.get(`/traces/${'9'.repeat(32)}`)).status).toBe(404);
    expect((await api.get('/traces/12')).status).toBe(400);
  });
});

describe('GET /search', () => {
  it.each(['SO-1001', 'so-1001', '1001', '100', 'order:SO-1001', 'SH-1', 'sh-', 'IN-1'])(
    '%s leads to the order',
    async (text) => {
      const { body } = await api.get<Search>(`/search?q=${encodeURIComponent(text)}`);
      expect(body.items.map(({ kind, id }) => [kind, id])).toContainEqual(['transaction', 'order:SO-1001']);
      expect(body.items.length).toBeLessThanOrEqual(20);
    },
  );

  it('finds traces, flows and systems, exact names first', async () => {
    const first = async (text: string) =>
      (await api.get<Search>(`/search?q=${encodeURIComponent(text)}`)).body.items[0];
    expect(await first(processTrace)).toMatchObject({ kind: 'trace', id: processTrace });
    expect(await first('orders-to')).toMatchObject({ kind: 'flow', id: 'orders-to-erp' });
    expect(await first('Web shop')).toMatchObject({ kind: 'system', id: 'shop' });
    expect((await api.get<Search>('/search?q=nothing-like-it')).body.items).toEqual([]);
  });
});
