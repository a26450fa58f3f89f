import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { dispatchTo } from '@plumbline/control-plane/alerts/dispatch.ts';
import {
  evaluateObjectives,
  type Evaluator,
} from '@plumbline/control-plane/objectives/evaluate-objectives.ts';
import type { ObjectiveHistory } from '@plumbline/control-plane/objectives/schemas.ts';
import { minuteMs } from '@plumbline/slo/interval.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openReceiver, type Receiver, type Told } from '../alerts/receiver.ts';
import { openStand, type Stand } from '../api/stand.ts';
import { catalogText, message, objectiveText } from './catalog.ts';

const now = Math.floor(Date.now() / minuteMs);
const outage = { from: now - 90, to: now - 75 };
const received: Told[] = [];
let directory = '';
let receiver: Receiver;
let stand: Stand;
let token = '';

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'plumbline-objectives-'));
  await writeFile(path.join(directory, 'catalog.yaml'), catalogText);
  await writeFile(path.join(directory, 'objectives.yaml'), objectiveText);
  receiver = await openReceiver((told) => void received.push(told));
  stand = await openStand(directory, undefined, {
    PLUMBLINE_CHANNEL_ON_CALL: receiver.channel,
    PLUMBLINE_NOTIFY_NETWORKS: '127.0.0.0/8',
  });
  token = await stand.tokenOf('viewer');
  const minutes = Array.from({ length: 190 }, (_, index) => now - 200 + index);
  await stand.context.clickHouse.insert({
    table: 'otel_traces',
    values: minutes.flatMap((minute) =>
      [0, 1, 2, 3].map((index) => message(minute, index, minute >= outage.from && minute < outage.to)),
    ),
    format: 'JSONEachRow',
  });
});
afterAll(async () => {
  receiver.close();
  await stand.close();
  await rm(directory, { recursive: true, force: true });
});

const newEvaluator = (): Evaluator => ({ owner: randomUUID(), engine: undefined });
const leader = newEvaluator();

async function tick(minute: number, evaluator = leader): Promise<boolean> {
  stand.clock.now = new Date(minute * minuteMs);
  return evaluateObjectives(stand.context, evaluator);
}

async function dispatch(): Promise<void> {
  const { context } = stand;
  const channel = context.channels.open().get('on-call');
  if (!channel) throw new Error('no channel');
  await dispatchTo(
    { ...context, channels: context.channels.open },
    'on-call',
    channel,
    new AbortController().signal,
  );
}

async function objective(): Promise<{ state: string; figures: { budget: { remaining: number } } | null }> {
  return (await stand.ask('GET', '/objectives/orders-taken', { token })).body as never;
}

test('an outage pages the receiver once, says since when, and is resolved once it is over', async () => {
  expect((await objective()).state).toBe('unknown');
  expect(await tick(outage.from - 2)).toBe(true);
  await dispatch();
  expect((await objective()).state).toBe('ok');
  for (let minute = outage.from; minute <= outage.from + 12; minute += 1) await tick(minute);
  await dispatch();
  await dispatch();
  expect(received.map(({ type }) => type)).toEqual(['alert.trigger']);
  expect(received[0]?.data).toMatchObject({
    startedAt: new Date(outage.from * minuteMs).toISOString(),
    summary: expect.stringMatching(/^\d+ messages failed in the last hour: the budget burns \d/) as string,
  });
  expect(await objective()).toMatchObject({ state: 'paging' });
  expect((await objective()).figures?.budget.remaining).toBeLessThan(0);
  const firing = await stand.ask('GET', '/alerts', { token });
  expect(firing.body).toMatchObject({
    items: [{ state: 'firing', severity: 'page', channels: ['on-call'] }],
  });

  for (let minute = outage.to; minute <= now - 11; minute += 1) {
    await tick(minute);
    await dispatch();
  }
  // What is left of it is for working hours: the budget of days still burns.
  const told = received.map(({ type, data }) => `${data.severity} ${type}`);
  expect(told[0]).toBe('page alert.trigger');
  expect(told.slice(1).sort()).toEqual(['page alert.resolve', 'ticket alert.trigger']);
});

test('the history shows the budget go, and its backtest fires what fired live, at the same minutes', async () => {
  const answer = await stand.ask('GET', '/objectives/orders-taken/history?days=1', { token });
  expect(answer.status).toBe(200);
  const { points, backtest } = answer.body as ObjectiveHistory;
  expect(points.reduce((sum, { bad }) => sum + bad, 0)).toBe(4 * (outage.to - outage.from));
  const atOutage = points.find(({ bad }) => bad > 0);
  expect(points.filter(({ at }) => at < (atOutage?.at ?? '')).every(({ bad }) => bad === 0)).toBe(true);
  expect(points.at(-1)?.remaining).toBeLessThan(0);
  expect(backtest).toMatchObject({ pages: 1, tickets: 1 });
  // Live, a page stands for the ticket of the same budget while it fires; so pages are compared.
  const { rows } = await stand.context.postgres.query<{ started_at: Date }>(
    "SELECT started_at FROM alerts WHERE severity = 'page' ORDER BY fired_at",
  );
  const pages = backtest.alerts.filter(({ severity }) => severity === 'page');
  expect(pages.map(({ startedAt }) => startedAt)).toEqual(rows.map((row) => row.started_at.toISOString()));
  expect((await stand.ask('GET', '/objectives/none/history', { token })).status).toBe(404);
});

test('one process evaluates at a time, and one that was frozen in the middle changes nothing when it wakes', async () => {
  const { postgres } = stand.context;
  const other = newEvaluator();
  expect(await tick(now - 11, other)).toBe(false);
  // The leader is frozen in the middle of its tick, and its lease runs out: the other one takes over.
  const epochOf = async () =>
    (await postgres.query<{ epoch: string }>('SELECT epoch FROM job_leases')).rows[0]?.epoch;
  const before = await epochOf();
  const clickHouse = {
    ...stand.context.clickHouse,
    query: async (...asked: Parameters<typeof stand.context.clickHouse.query>) => {
      await postgres.query("UPDATE job_leases SET lease_until = clock_timestamp() - interval '1 second'");
      expect(await evaluateObjectives(stand.context, other)).toBe(true);
      return stand.context.clickHouse.query(...asked);
    },
  } as typeof stand.context.clickHouse;
  expect(await evaluateObjectives({ ...stand.context, clickHouse }, leader)).toBe(false);
  expect(Number(await epochOf())).toBe(Number(before) + 1);
  expect(await tick(now - 10, leader)).toBe(false);
});

test('an alert of an objective that is declared no more is over', async () => {
  const { postgres, catalog } = stand.context;
  await postgres.query("UPDATE job_leases SET lease_until = clock_timestamp() - interval '1 second'");
  const before = await stand.ask('GET', '/alerts', { token });
  expect(before.body).toMatchObject({ items: [{ severity: 'ticket' }] });
  const current = catalog.current();
  const without = { ...current, catalog: { ...current.catalog, hash: 'another', objectives: [] } };
  const context = { ...stand.context, catalog: { ...catalog, current: () => without } };
  expect(await evaluateObjectives(context, newEvaluator())).toBe(true);
  const firing = await stand.ask('GET', '/alerts', { token });
  expect(firing.body).toMatchObject({ items: [] });
});
