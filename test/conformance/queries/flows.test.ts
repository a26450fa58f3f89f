import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FlowDetail, FlowList, MessageList } from '@plumbline/control-plane/flows/schemas.ts';
import type { Overview } from '@plumbline/control-plane/overview/schemas.ts';
import type { SystemList } from '@plumbline/control-plane/systems/schemas.ts';
import type { Topology } from '@plumbline/control-plane/topology/schemas.ts';
import type { z } from 'zod';
import { createRows, duplicate, minuteMs, smallCatalog } from './dataset.ts';
import { openApiStand, type ApiStand } from './stand.ts';

type List = z.infer<typeof FlowList>;
type Detail = z.infer<typeof FlowDetail>;
type Messages = z.infer<typeof MessageList>;

const dayMs = 24 * 60 * minuteMs;
/** The end of the range: everything is some time before it. */
const end = new Date(Math.floor(Date.now() / minuteMs) * minuteMs - 10 * minuteMs);
const ago = (ms: number) => new Date(end.getTime() - ms).toISOString();
const hour = `from=${ago(60 * minuteMs)}&to=${ago(0)}`;
const week = `from=${ago(7 * dayMs)}&to=${ago(0)}`;

let directory: string;
let api: ApiStand;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'plumbline-queries-'));
  api = await openApiStand({ directory, catalog: smallCatalog(), apiPort: 25_001 });
  const rows = createRows(end);
  for (let minute = 50; minute >= 1; minute -= 1) {
    const at = -minute * minuteMs;
    rows.message('orders-to-erp', 'Producer', at + 10_000);
    const fails = [10, 8, 6, 5].includes(minute);
    const error = { 'error.type': 'DuplicateKeyError' };
    rows.message(
      'orders-to-erp',
      'Consumer',
      at + 12_000,
      { 'integration.attempt': '1', ...(fails ? error : {}) },
      fails ? duplicate : {},
    );
    if (fails && minute !== 5)
      rows.message('orders-to-erp', 'Consumer', at + 30_000, { 'integration.attempt': '2' });
  }
  rows.message('orders-to-erp', 'Consumer', -5 * minuteMs + 30_000, {
    'integration.attempt': '2',
    'integration.outcome': 'dead_lettered',
    'error.type': 'TimeoutError',
  });
  for (let minute = 60; minute >= 1; minute -= 1) {
    rows.message('invoices-to-fin', 'Producer', -minute * minuteMs + 10_000);
    if (minute > 30) rows.message('invoices-to-fin', 'Consumer', -minute * minuteMs + 12_000);
  }
  rows.message('shipments-to-erp', 'Consumer', -2 * minuteMs, { 'messaging.batch.message_count': '25' });
  rows.message('elsewhere', 'Consumer', -3 * minuteMs, { 'integration.flow': 'not-in-the-catalog' });
  // Two days ago the payment service answered for a while, then nobody did.
  const captures = { 'integration.flow': 'captures' };
  for (let minute = 60; minute >= 1; minute -= 1) {
    const at = -2 * dayMs - minute * minuteMs;
    const down = minute <= 40;
    const refused = { 'error.type': 'ECONNREFUSED' };
    rows.message(
      'captures',
      'Producer',
      at,
      { ...captures, ...(down ? refused : {}) },
      down ? { StatusCode: 'Error' } : {},
    );
    if (!down) rows.message('captures', 'Consumer', at + 5, captures);
  }
  // Five days ago nobody answered it for two hours, then it did.
  for (let minute = 180; minute >= 1; minute -= 1) {
    const refused = { ...captures, 'error.type': 'ECONNREFUSED' };
    const down = minute > 60;
    rows.message(
      'captures',
      down ? 'Producer' : 'Consumer',
      -5 * dayMs - minute * minuteMs + 7000,
      down ? refused : captures,
      down ? { StatusCode: 'Error' } : {},
    );
  }
  // One just inside of the week, one just outside, and some in the middle of it.
  rows.message('orders-to-erp', 'Consumer', -7 * dayMs + 30_000);
  rows.message('orders-to-erp', 'Consumer', -7 * dayMs - 30_000);
  for (let number = 0; number < 5; number += 1)
    rows.message('orders-to-erp', 'Consumer', -3 * dayMs + number);
  await rows.insert(api.clickHouse, 'flows');
});
afterAll(async () => {
  await api?.close();
  await rm(directory, { recursive: true, force: true });
});

const figuresOfHour = {
  sent: 50,
  processed: 54,
  delivered: 49,
  failed: 5,
  deadLettered: 1,
  discarded: 0,
  retried: 4,
  backlog: 0,
  failedRatio: 5 / 54,
  ratePerMinute: 54 / 60,
};

describe('GET /flows', () => {
  it('judges each flow, worst first, and names those that no catalog declares', async () => {
    const { status, body } = await api.get<List>(`/flows?${hour}`);
    expect(status).toBe(200);
    expect(body.items.map(({ name, health, declared }) => [name, health, declared])).toEqual([
      ['orders-to-erp', 'failing', true],
      ['invoices-to-fin', 'silent', true],
      ['not-in-the-catalog', 'healthy', false],
      ['shipments-to-erp', 'healthy', true],
      ['never-used', 'idle', true],
    ]);
    const [orders, invoices, , , unused] = body.items;
    expect(orders).toMatchObject({
      reason: '5 of 54 attempts failed in the last hour, mostly DuplicateKeyError.',
      since: ago(10 * minuteMs - 12_000),
      figures: figuresOfHour,
    });
    expect(invoices).toMatchObject({
      reason: 'Nothing processed for 29 min while 29 were sent.',
      since: ago(29 * minuteMs),
      figures: { sent: 60, processed: 30, backlog: 30, failedRatio: 0 },
    });
    expect(unused).toMatchObject({
      reason: 'No message in the last hour.',
      since: null,
      figures: { sent: 0, failedRatio: null, ratePerMinute: null, durationP95Ms: null, lastSentAt: null },
    });
    expect(orders?.spark.length).toBeGreaterThanOrEqual(30);
    expect(unused?.spark).toEqual([]);
  });

  it('says nothing of a range without data, and neither 0 % nor 100 %', async () => {
    const empty = `from=${ago(20 * dayMs)}&to=${ago(19 * dayMs)}`;
    const { body } = await api.get<List>(`/flows?${empty}`);
    expect(body.items).toHaveLength(4);
    for (const { health, figures } of body.items) {
      expect([health, figures.failedRatio, figures.durationP50Ms, figures.delayP95Ms]).toEqual([
        'idle',
        null,
        null,
        null,
      ]);
    }
  });
});

describe('GET /flows/{name}', () => {
  it('shows figures, a point a minute, causes and attempts of an hour', async () => {
    const { body } = await api.get<Detail>(`/flows/orders-to-erp?${hour}`);
    expect(body.flow.figures).toMatchObject(figuresOfHour);
    expect(Math.abs((body.flow.figures.durationP50Ms ?? 0) - 10)).toBeLessThan(0.2);
    expect(Math.abs((body.flow.figures.durationP99Ms ?? 0) - 20)).toBeLessThan(0.4);
    expect([body.stepSeconds, body.series.length, body.series[0]?.at]).toEqual([60, 60, ago(60 * minuteMs)]);
    expect(body.series[0]).toMatchObject({ sent: 0, processed: 0, durationP95Ms: null });
    expect(body.series[55]).toMatchObject({
      at: ago(5 * minuteMs),
      sent: 1,
      processed: 2,
      failed: 2,
      retried: 1,
    });
    expect(body.attempts).toEqual([
      { attempt: 1, count: 50 },
      { attempt: 2, count: 4 },
    ]);
    expect(
      body.causes.map(({ operation, cause, outcome, count }) => [operation, cause, outcome, count]),
    ).toEqual([
      ['process', 'DuplicateKeyError: order <number> exists', 'failed', 4],
      ['process', 'TimeoutError', 'dead_lettered', 1],
    ]);
    const [duplicates] = body.causes;
    expect(duplicates?.example.message).toBe('order 17 exists');
    expect(Date.parse(duplicates?.firstAt ?? '')).toBe(end.getTime() - 10 * minuteMs + 12_000);
    expect(Date.parse(duplicates?.lastAt ?? '')).toBe(end.getTime() - 5 * minuteMs + 12_000);
  });

  it('counts requests that nobody answered, though only the sender tells of them', async () => {
    const down = `from=${ago(2 * dayMs + 30 * minuteMs)}&to=${ago(2 * dayMs)}`;
    const { body } = await api.get<Detail>(`/flows/captures?${down}`);
    expect(body.flow).toMatchObject({
      health: 'failing',
      figures: { sent: 30, processed: 30, delivered: 0, failed: 30, failedRatio: 1, backlog: 0 },
    });
    expect(body.series.reduce((sum, point) => sum + point.failed, 0)).toBe(30);
    const whole = `from=${ago(2 * dayMs + 60 * minuteMs)}&to=${ago(2 * dayMs)}`;
    const { body: both } = await api.get<Detail>(`/flows/captures?${whole}`);
    expect(both.flow.figures).toMatchObject({
      sent: 60,
      processed: 60,
      delivered: 20,
      failed: 40,
      backlog: 0,
    });
    const { body: overview } = await api.get<z.infer<typeof Overview>>(`/overview?${whole}`);
    expect(overview.totals).toMatchObject({ processed: 60, failed: 40 });
    expect(overview.series.reduce((sum, point) => sum + point.failed, 0)).toBe(40);
  });

  it.each([
    ['while it lasts', 62, 'failing', '60 of 60 attempts failed in the last hour, mostly ECONNREFUSED.', 180],
    [
      'three minutes after it',
      57,
      'failing',
      '57 of 60 attempts failed in the last hour, mostly ECONNREFUSED.',
      180,
    ],
    [
      'once successes outweigh the doubt',
      40,
      'recovered',
      'Recovered: no failure for 20 min and 20 successes since. Before that 120 of 120 failed, mostly ECONNREFUSED.',
      61,
    ],
    ['an hour later', 0, 'healthy', 'No failure in the last hour.', null],
  ])(
    'dates an outage by its first failure, and ends it when it is over: %s',
    async (_, minutes, health, reason, since) => {
      const to = 5 * dayMs + minutes * minuteMs;
      const { body } = await api.get<Detail>(`/flows/captures?from=${ago(to + 60 * minuteMs)}&to=${ago(to)}`);
      expect(body.flow).toMatchObject({
        health,
        reason,
        since: since === null ? null : ago(5 * dayMs + since * minuteMs - 7000),
      });
    },
  );

  it('counts a week exactly, though it reads hours', async () => {
    const { body } = await api.get<Detail>(`/flows/orders-to-erp?${week}`);
    expect(body.flow.figures).toMatchObject({ sent: 50, processed: 60, failed: 5, retried: 4 });
    expect(body.stepSeconds).toBe(3600);
    expect(body.series.length).toBeGreaterThanOrEqual(168);
    expect(body.series.length).toBeLessThanOrEqual(169);
    expect(body.series.reduce((sum, { processed }) => sum + processed, 0)).toBe(60);
    expect(body.causes.reduce((sum, { count }) => sum + count, 0)).toBe(5);
  });

  it('is 404 for a name that nobody knows, and 400 for a range that ends before it begins', async () => {
    expect((await api.get(`/flows/no-such-flow?${hour}`)).status).toBe(404);
    expect((await api.get(`/flows/no-such-flow/messages?${hour}`)).status).toBe(404);
    expect((await api.get('/flows?from=now&to=now-1h')).status).toBe(400);
  });
});

async function page(query: string, limit: number, between: () => Promise<void> = () => Promise.resolve()) {
  const spanIds: string[] = [];
  let cursor: string | null = '';
  for (let pages = 0; cursor !== null && pages < 100; pages += 1) {
    const next: { status: number; body: Messages } = await api.get<Messages>(
      `${query}&limit=${limit}${cursor ? `&cursor=${cursor}` : ''}`,
    );
    expect(next.status).toBe(200);
    spanIds.push(...next.body.items.map(({ spanId }) => spanId));
    cursor = next.body.nextCursor;
    if (pages === 1) await between();
  }
  return spanIds;
}

describe('GET /flows/{name}/messages', () => {
  it('pages without skipping or repeating while newer messages arrive', async () => {
    const query = `/flows/orders-to-erp/messages?from=${ago(60 * minuteMs)}&to=now&operation=process`;
    const late = createRows(new Date());
    const spanIds = await page(query, 10, () => {
      late.message('orders-to-erp', 'Consumer', 0, {}, { SpanId: 'ffffffffffffff01' });
      return late.insert(api.clickHouse, 'late');
    });
    expect(spanIds).toHaveLength(54);
    expect(new Set(spanIds).size).toBe(54);
  });

  it('pages through a batch whose messages nothing tells apart', async () => {
    expect(await page(`/flows/shipments-to-erp/messages?${hour}`, 10)).toHaveLength(25);
  });

  it('filters by outcome and cause', async () => {
    const trouble = await api.get<Messages>(`/flows/orders-to-erp/messages?${hour}&outcome=trouble`);
    expect(trouble.body.items.map(({ outcome }) => outcome)).toEqual([
      'dead_lettered',
      'failed',
      'failed',
      'failed',
      'failed',
    ]);
    const cause = encodeURIComponent('TimeoutError');
    const timeouts = await api.get<Messages>(`/flows/orders-to-erp/messages?${hour}&cause=${cause}`);
    expect(timeouts.body.items).toHaveLength(1);
    expect((await api.get(`/flows/orders-to-erp/messages?${hour}&outcome=nonsense`)).status).toBe(400);
    expect((await api.get(`/flows/orders-to-erp/messages?${hour}&cursor=nonsense`)).status).toBe(400);
  });
});

describe('the whole', () => {
  it('GET /overview adds up the flows', async () => {
    const { body } = await api.get<Overview>(`/overview?${hour}`);
    expect(body.flowsByHealth).toEqual({
      failing: 1,
      silent: 1,
      degraded: 0,
      recovered: 0,
      healthy: 2,
      idle: 1,
    });
    expect(body.totals).toMatchObject({
      sent: 110,
      processed: 54 + 30 + 25 + 1,
      failed: 5,
      retried: 4,
      deadLettered: 1,
      failedRatio: 5 / 110,
    });
    expect(body.series).toHaveLength(60);
    expect(body.series.reduce((sum, { processed }) => sum + processed, 0)).toBe(110);
    expect(body.causes[0]).toMatchObject({ flow: 'orders-to-erp', count: 4 });
    expect(Date.parse(body.newestAt ?? '')).toBeGreaterThan(end.getTime() - minuteMs);
  });

  it('GET /systems tells who was heard, and GET /topology draws the declared flows', async () => {
    const systems = await api.get<z.infer<typeof SystemList>>(`/systems?${hour}`);
    expect(systems.body.items.map(({ name, health, spans }) => [name, health, spans])).toEqual([
      ['erp', 'failing', 54 + 30 + 2],
      ['fin', 'silent', 0],
      ['shop', 'healthy', 110],
    ]);
    const topology = await api.get<Topology>(`/topology?${hour}`);
    expect(topology.body.flows.map(({ name }) => name).sort()).toEqual([
      'invoices-to-fin',
      'never-used',
      'orders-to-erp',
      'shipments-to-erp',
    ]);
  });
});
