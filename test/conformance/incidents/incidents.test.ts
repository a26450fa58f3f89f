import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { clearAlert, raiseAlert } from '@plumbline/control-plane/alerts/raise.ts';
import { followAlerts } from '@plumbline/control-plane/incidents/follow-alerts.ts';
import type { Incident, IncidentDetail, IncidentImpact } from '@plumbline/control-plane/incidents/schemas.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { codeOf, openStand, type Stand } from '../api/stand.ts';
import { createRows, minuteMs, smallCatalog } from '../queries/dataset.ts';

let directory = '';
let stand: Stand;
let viewer = '';
let operator = '';

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'plumbline-incidents-'));
  const catalog = smallCatalog();
  const [first, ...others] = catalog.flows;
  const flows = [{ ...first, criticality: 'critical', runbook: 'https://wiki.test/orders' }, ...others];
  await writeFile(path.join(directory, 'catalog.yaml'), JSON.stringify({ ...catalog, flows }));
  stand = await openStand(directory);
  viewer = await stand.tokenOf('viewer');
  operator = await stand.tokenOf('operator');
});
afterAll(async () => {
  await stand.close();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  await stand.context.postgres.query('TRUNCATE incidents, alerts CASCADE');
});

interface Raised {
  readonly severity?: 'page' | 'ticket';
  readonly flows?: string[];
  readonly startedAt?: Date;
}

/** A page of a flow, fired now. @returns its episode */
function raise(key: string, { severity = 'page', flows = [key], startedAt }: Raised = {}): Promise<string> {
  return raiseAlert(
    stand.context.postgres,
    {
      key,
      severity,
      title: `${key}: budget burns too fast`,
      summary: '',
      facts: [],
      links: [],
      channels: [],
      flows,
      systems: [],
      startedAt: startedAt ?? stand.clock.now,
    },
    randomUUID(),
    stand.clock.now,
  );
}

const clear = (key: string) => clearAlert(stand.context.postgres, key, stand.clock.now);
const follow = () => followAlerts(stand.context);

async function list(query = ''): Promise<Incident[]> {
  const { body } = await stand.ask('GET', `/incidents${query}`, { token: viewer });
  return (body as { items: Incident[] }).items;
}

async function only(): Promise<IncidentDetail> {
  const [incident, ...others] = await list('?state=all');
  if (!incident || others.length > 0) throw new Error('not exactly one incident');
  return (await stand.ask('GET', `/incidents/${incident.number}`, { token: viewer })).body as IncidentDetail;
}

const step = (number: number, name: string, text = '') =>
  stand.ask('POST', `/incidents/${number}/steps`, { token: operator, json: { step: name, text } });

async function audit(action: string): Promise<number> {
  const { rows } = await stand.context.postgres.query('SELECT FROM audit_log WHERE action = $1', [action]);
  return rows.length;
}

describe('from alerts', () => {
  test('a page opens one incident, with the beginning of its impact and the severity of its flow', async () => {
    const startedAt = new Date(stand.clock.now.getTime() - 5 * minuteMs);
    const opened = await audit('incidents.open');
    const episode = await raise('orders-to-erp', { startedAt });
    await follow();
    await follow();
    const { incident, alerts, flows, entries } = await only();
    expect(incident).toMatchObject({
      title: 'orders-to-erp: budget burns too fast',
      state: 'open',
      severity: 'critical',
      origin: 'alert',
      flows: ['orders-to-erp'],
      impactStartedAt: startedAt.toISOString(),
      detectedAt: stand.clock.now.toISOString(),
      firing: 1,
    });
    expect(alerts.map((alert) => alert.episode)).toEqual([episode]);
    expect(flows).toMatchObject([{ name: 'orders-to-erp', runbook: 'https://wiki.test/orders' }]);
    expect(entries.map(({ kind }) => kind)).toEqual(['opened']);
    expect(await audit('incidents.open')).toBe(opened + 1);
  });

  test('a ticket opens none', async () => {
    await raise('orders-to-erp', { severity: 'ticket' });
    await follow();
    expect(await list('?state=all')).toEqual([]);
  });

  test('pages of one flow, and of flows into the same system at the time, are one incident', async () => {
    await raise('orders-to-erp');
    await follow();
    stand.pass(minuteMs);
    await raise('orders-to-erp:stale', { flows: ['orders-to-erp'] });
    await raise('shipments-to-erp');
    await raise('invoices-to-fin');
    await follow();
    const incidents = await list();
    expect(incidents.map(({ flows }) => flows)).toEqual([
      ['invoices-to-fin'],
      ['orders-to-erp', 'shipments-to-erp'],
    ]);
    expect(incidents.map(({ firing }) => firing)).toEqual([1, 3]);
  });

  test('another trouble of the same system much later is an incident of its own', async () => {
    await raise('orders-to-erp');
    await follow();
    stand.pass(31 * minuteMs);
    await raise('shipments-to-erp');
    await follow();
    expect(await list()).toHaveLength(2);
  });

  test('the last alert that is over restores it; one that fires anew soon brings it back; later ones do not', async () => {
    await raise('orders-to-erp');
    await raise('shipments-to-erp');
    await follow();
    stand.pass(minuteMs);
    await clear('orders-to-erp');
    await follow();
    expect((await only()).incident.state).toBe('open');
    stand.pass(minuteMs);
    const overAt = stand.clock.now.toISOString();
    await clear('shipments-to-erp');
    await follow();
    expect((await only()).incident).toMatchObject({ state: 'restored', restoredAt: overAt, firing: 0 });
    stand.pass(minuteMs);
    await raise('orders-to-erp');
    await follow();
    const { incident, entries } = await only();
    expect(incident).toMatchObject({ state: 'open', restoredAt: null });
    expect(entries.map(({ kind }) => kind)).toEqual([
      'opened',
      'alert',
      'alert_over',
      'alert_over',
      'restored',
      'alert',
      'returned',
    ]);
    await clear('orders-to-erp');
    await follow();
    stand.pass(5 * 60 * minuteMs);
    await raise('orders-to-erp');
    await follow();
    expect(await list()).toHaveLength(2);
  });

  test('what fired and was over while no process looked still has its incident, restored', async () => {
    await raise('orders-to-erp');
    await clear('orders-to-erp');
    await follow();
    expect((await only()).incident.state).toBe('restored');
  });

  test('whoever acknowledges the alert has the incident, and the alert leads to it', async () => {
    const episode = await raise('orders-to-erp');
    await follow();
    stand.pass(minuteMs);
    const taken = await stand.ask('POST', `/alerts/${episode}/acknowledge`, {
      token: operator,
      json: { minutes: 5 },
    });
    expect(taken.status).toBe(200);
    await follow();
    await follow();
    const { incident, entries, alerts } = await only();
    expect(incident).toMatchObject({ state: 'acknowledged', acknowledgedAt: stand.clock.now.toISOString() });
    expect(entries.map(({ kind, actor }) => [kind, actor.name])).toEqual([
      ['opened', 'Plumbline'],
      ['acknowledged', 'operator'],
    ]);
    expect(alerts[0]?.incident).toBe(incident.number);
  });

  test('of processes that follow at once, one opens it', async () => {
    await raise('orders-to-erp');
    await Promise.all([follow(), follow(), follow(), follow()]);
    expect(await list()).toHaveLength(1);
  });
});

describe('by people', () => {
  const open = (json: object, token = operator) => stand.ask('POST', '/incidents', { token, json });
  const fields = { title: 'Invoices look wrong', severity: 'major', flows: ['invoices-to-fin'] };

  test('somebody sees it first, acknowledges, notes, restores and closes it; each step is on the timeline and in the audit', async () => {
    const began = new Date(stand.clock.now.getTime() - 60 * minuteMs).toISOString();
    const opened = await open({ ...fields, impactStartedAt: began, note: 'Amounts are doubled.' });
    expect(opened.status).toBe(201);
    const { number } = opened.body as Incident;
    const before = await audit('incidents.close');
    stand.pass(minuteMs);
    expect((await step(number, 'acknowledge')).status).toBe(200);
    await stand.ask('POST', `/incidents/${number}/notes`, {
      token: operator,
      json: { text: 'The tax engine rounds.' },
    });
    expect(codeOf(await step(number, 'close'))).toBe('conflict');
    stand.pass(minuteMs);
    await step(number, 'restore', 'Switched back.');
    expect((await step(number, 'close')).body).toMatchObject({ state: 'closed' });
    const { incident, entries } = await only();
    expect(incident).toMatchObject({ impactStartedAt: began, origin: 'person', state: 'closed' });
    expect(entries.map(({ kind, text }) => [kind, text])).toEqual([
      ['opened', 'Amounts are doubled.'],
      ['acknowledged', ''],
      ['note', 'The tax engine rounds.'],
      ['restored', 'Switched back.'],
      ['closed', ''],
    ]);
    expect(await audit('incidents.close')).toBe(before + 1);
    expect((await step(number, 'reopen')).body).toMatchObject({ state: 'acknowledged' });
  });

  test('of ten who acknowledge at once, one does', async () => {
    const { number } = (await open(fields)).body as Incident;
    const answers = await Promise.all(Array.from({ length: 10 }, () => step(number, 'acknowledge')));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(9).fill(409)]);
  });

  test('nobody calls restored what still fires', async () => {
    await raise('orders-to-erp');
    await follow();
    const { incident } = await only();
    expect((await step(incident.number, 'restore')).status).toBe(409);
  });

  test('a change is of what was read, is told, and never of flows or people that do not exist', async () => {
    const person = await stand.addPerson('operator', `anna-${randomUUID()}@test`);
    const incident = (await open(fields)).body as Incident;
    const change = (json: object) =>
      stand.ask('PATCH', `/incidents/${incident.number}`, { token: operator, json });
    const { revision } = incident;
    expect((await change({ revision, severity: 'critical', assignee: person.id })).status).toBe(200);
    expect(codeOf(await change({ revision, severity: 'minor' }))).toBe('conflict');
    expect((await change({ revision: revision + 1, flows: ['no-such-flow'] })).status).toBe(400);
    expect((await change({ revision: revision + 1, assignee: randomUUID() })).status).toBe(400);
    const later = new Date(stand.clock.now.getTime() + minuteMs).toISOString();
    expect((await change({ revision: revision + 1, impactStartedAt: later })).status).toBe(400);
    const { incident: after, entries } = await only();
    expect(after).toMatchObject({
      severity: 'critical',
      assignee: { id: person.id },
      revision: revision + 1,
    });
    expect(entries.map(({ kind }) => kind)).toEqual(['opened', 'assigned', 'changed']);
  });

  test('a flow that is named twice is meant once', async () => {
    const [flow = ''] = fields.flows;
    expect((await open({ ...fields, flows: [flow, flow] })).body).toMatchObject({ flows: [flow] });
  });

  test('a viewer looks and does not touch; a number that is none is told', async () => {
    expect((await open(fields, viewer)).status).toBe(403);
    expect(codeOf(await stand.ask('GET', '/incidents/999999', { token: viewer }))).toBe('not_found');
    expect((await stand.ask('GET', '/incidents/x', { token: viewer })).status).toBe(400);
  });

  test('lists go on where the page before ended, and ask by flow', async () => {
    for (const title of ['one', 'two', 'three']) await open({ ...fields, title });
    await open({ title: 'four', severity: 'minor' });
    const page = await stand.ask('GET', '/incidents?limit=2', { token: viewer });
    const { items, nextCursor } = page.body as { items: Incident[]; nextCursor: string };
    expect(items.map(({ title }) => title)).toEqual(['four', 'three']);
    expect((await list(`?limit=2&cursor=${nextCursor}`)).map(({ title }) => title)).toEqual(['two', 'one']);
    expect((await list('?flow=invoices-to-fin')).map(({ title }) => title)).toEqual(['three', 'two', 'one']);
  });
});

test('the impact: messages that failed, the first of them, and the open transactions with their value', async () => {
  const end = stand.clock.now;
  const rows = createRows(end);
  const worth = (amount: string, currency: string) => ({
    'order.amount': amount,
    'order.currency': currency,
  });
  const orders = [
    ['order:SO-1001', '100.10', 'USD', true],
    ['order:SO-1002', '200.25', 'USD', false],
    ['order:SO-1003', '50', 'EUR', false],
    ['order:SO-1004', '999', 'USD', false],
  ] as const;
  for (const [index, [key, amount, currency, isDone]] of orders.entries()) {
    const at = -(30 - index) * minuteMs;
    rows.event('order.placed', at, [key], 'shop-web', worth(amount, currency));
    if (isDone)
      for (const name of ['order.accepted', 'shipment.posted', 'invoice.issued'])
        rows.event(name, at + 1000, [key], 'erp-api');
    // The last order failed before the trouble began.
    const failedAt = index === 3 ? -60 * minuteMs : at + 2000;
    rows.message(
      'orders-to-erp',
      'Consumer',
      failedAt,
      {
        'business.key': JSON.stringify([key]),
        'messaging.message.id': `m-${index}`,
        'error.type': 'TimeoutError',
      },
      { StatusCode: 'Error', StatusMessage: 'no answer' },
    );
  }
  await rows.insert(stand.context.clickHouse, 'incident-impact');
  await raise('orders-to-erp', { startedAt: new Date(end.getTime() - 31 * minuteMs) });
  await follow();
  const { incident } = await only();
  const { status, body } = await stand.ask('GET', `/incidents/${incident.number}/impact`, { token: viewer });
  expect(status).toBe(200);
  const impact = body as IncidentImpact;
  expect(impact.failures).toMatchObject([{ flow: 'orders-to-erp', messages: 3 }]);
  expect(impact.firstMessages.map(({ messageId }) => messageId)).toEqual(['m-0', 'm-1', 'm-2']);
  expect(impact.transactions).toMatchObject({
    count: 3,
    open: 2,
    isWhole: true,
    atRisk: [
      { currency: 'EUR', amount: '50.00' },
      { currency: 'USD', amount: '200.25' },
    ],
  });
  expect(impact.transactions.items.map(({ key }) => key)).toEqual(['order:SO-1002', 'order:SO-1003']);
});
