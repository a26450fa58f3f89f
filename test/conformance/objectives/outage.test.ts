import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { dispatchTo } from '@plumbline/control-plane/alerts/dispatch.ts';
import { evaluateObjectives } from '@plumbline/control-plane/objectives/evaluate-objectives.ts';
import { watchOutages } from '@plumbline/control-plane/objectives/watch-outages.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openReceiver, type Receiver } from '../alerts/receiver.ts';
import { openStand, type Stand } from '../api/stand.ts';
import { span, type SpanRow } from '../derivation/store.ts';
import { catalogText, objectiveText } from './catalog.ts';

const begin = Math.floor(Date.now() / 60_000) * 60_000 - 3 * 60 * 60_000;
const owner = randomUUID();
const evaluator = { owner, engine: undefined };
const received: { second: number; type: string; startedAt: string; title: string }[] = [];
let directory = '';
let receiver: Receiver;
let stand: Stand;
let second = 0;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'plumbline-outage-'));
  await writeFile(path.join(directory, 'catalog.yaml'), catalogText);
  await writeFile(path.join(directory, 'objectives.yaml'), objectiveText);
  receiver = await openReceiver(
    ({ type, data: { startedAt, title } }) => void received.push({ second, type, startedAt, title }),
  );
  stand = await openStand(directory, undefined, {
    PLUMBLINE_CHANNEL_ON_CALL: receiver.channel,
    PLUMBLINE_NOTIFY_NETWORKS: '127.0.0.0/8',
  });
});
afterAll(async () => {
  receiver.close();
  await stand.close();
  await rm(directory, { recursive: true, force: true });
});

const at = (offset: number) => new Date(begin + offset * 1000);

/** One attempt to process a message, in a second since the beginning. */
function attempt(offset: number, failed: boolean, id = `m-${offset}`): SpanRow {
  const time = at(offset).toISOString().replace('T', ' ').slice(0, 19);
  return span({
    Timestamp: `${time}.000000000`,
    IngestTime: `${time}.500`,
    TraceId: `t-${offset}`,
    SpanId: `s-${offset}`,
    SpanKind: 'Consumer',
    ServiceName: 'erp',
    SpanAttributes: { 'integration.flow': 'orders', 'messaging.message.id': id },
    StatusCode: failed ? 'Error' : 'Unset',
  });
}

/** Lives through seconds: what happens in each, a look now and then, and what is due is told. */
async function live(
  seconds: number,
  happens: (offset: number) => SpanRow | undefined,
  lookEvery = 5,
): Promise<void> {
  for (const end = second + seconds; second < end;) {
    const until = Math.min(end, second + lookEvery);
    const values: SpanRow[] = [];
    for (; second < until; second += 1) values.push(...[happens(second)].filter((row) => row !== undefined));
    if (values.length > 0)
      await stand.context.clickHouse.insert({ table: 'otel_traces', values, format: 'JSONEachRow' });
    stand.clock.now = at(second);
    expect(await watchOutages(stand.context, owner)).toBe(true);
    await dispatch();
  }
}

async function dispatch(): Promise<void> {
  const { context } = stand;
  const channel = context.channels.open().get('on-call');
  if (!channel) throw new Error('no channel');
  const ports = { ...context, channels: context.channels.open };
  await dispatchTo(ports, 'on-call', channel, new AbortController().signal);
}

test('what harms nobody pages nobody: one failure in ten, and one message that fails again and again', async () => {
  await live(301, (offset) => attempt(offset, offset % 10 === 0), 43);
  // It is tried every second, and nothing else happens.
  await live(40, (offset) => attempt(offset, true, 'poison'), 10);
  expect(received).toEqual([]);
});

test('an outage pages within half a minute of its first bad message, and its end resolves', async () => {
  await live(10, (offset) => attempt(offset, false), 10);
  const broken = second;
  await live(30, (offset) => attempt(offset, true));
  expect(received.map(({ type }) => type)).toEqual(['alert.trigger']);
  const [page] = received;
  expect((page?.second ?? Infinity) - broken).toBeLessThanOrEqual(20);
  expect(page).toMatchObject({
    startedAt: at(broken).toISOString(),
    title: 'orders-taken: everything fails',
  });
  // Silence ends nothing, however long it lasts.
  await live(20 * 60, () => undefined, 240);
  expect(received).toHaveLength(1);
  const mended = second;
  await live(20, (offset) => attempt(offset, false));
  expect(received.map(({ type }) => type)).toEqual(['alert.trigger', 'alert.resolve']);
  expect((received[1]?.second ?? Infinity) - mended).toBeLessThanOrEqual(15);
});

test('the budget that an outage burned wakes nobody a second time', async () => {
  // An hour that can be measured, then an outage so long that the burn itself would page.
  await live(3600, (offset) => (offset % 10 === 0 ? attempt(offset, false) : undefined), 1200);
  await live(15 * 60, (offset) => attempt(offset, true), 150);
  expect(received.map(({ type }) => type).slice(2)).toEqual(['alert.trigger']);
  for (let minute = 1; minute <= 3; minute += 1) {
    stand.clock.now = at(second + minute * 60);
    await evaluateObjectives(stand.context, evaluator);
    await dispatch();
  }
  const state = await stand.ask('GET', '/objectives/orders-taken', { token: await stand.tokenOf('viewer') });
  expect(state.body).toMatchObject({ state: 'paging' });
  expect(received.slice(3)).toEqual([]);
});

test('an objective that is declared no more leaves no outage behind', async () => {
  const current = stand.context.catalog.current();
  const without = { ...current, catalog: { ...current.catalog, objectives: [] } };
  const catalog = { ...stand.context.catalog, current: () => without };
  await watchOutages({ ...stand.context, catalog }, owner);
  await dispatch();
  expect(received.at(-1)).toMatchObject({ type: 'alert.resolve' });
});
