import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { claimNext, recordDelivery } from '@plumbline/control-plane/alerts/course-store.ts';
import { dispatchTo, startDispatch, type DispatchPorts } from '@plumbline/control-plane/alerts/dispatch.ts';
import { clearAlert, raiseAlert, type Finding } from '@plumbline/control-plane/alerts/raise.ts';
import { createLog } from '@plumbline/control-plane/log.ts';
import { migrate } from '@plumbline/model/postgres/migrate.ts';
import { createPostgres, execute, query, type Postgres } from '@plumbline/model/postgres/pool.ts';
import { defaultPolicy } from '@plumbline/slo/notify/course.ts';
import type { Channel, Delivery, Notification } from '@plumbline/slo/notify/notification.ts';
import { openChannel } from '@plumbline/slo/notify/open-channel.ts';
import { createReach } from '@plumbline/slo/notify/reach.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openReceiver, secret, type Told } from './receiver.ts';
import { z } from 'zod';
import { startEngines, type Engines } from '../../../deploy/local/engines.ts';

let dataDir = '';
let engines: Engines;
let postgres: Postgres;
let clock = new Date('2026-03-01T10:00:00Z');
const policy = defaultPolicy;

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'plumbline-alerts-'));
  engines = await startEngines({ dataDir, clickhousePort: false });
  postgres = createPostgres(engines.databaseUrl);
  await migrate(postgres);
});
afterAll(async () => {
  await postgres.end();
  await engines.stop();
  await rm(dataDir, { recursive: true, force: true });
});
beforeEach(async () => {
  await execute(postgres, 'TRUNCATE alerts, alert_courses, alert_deliveries, silences CASCADE');
  clock = new Date('2026-03-01T10:00:00Z');
});

function pass(ms: number): Date {
  clock = new Date(clock.getTime() + ms);
  return clock;
}

function finding(key: string, channels: string[]): Finding {
  return {
    key,
    severity: 'page',
    title: 'Orders reach the ERP late',
    summary: '12 of 40 in the last hour.',
    facts: [{ name: 'Value at risk', value: '12,400.00 EUR' }],
    links: [{ title: 'Alert', href: 'https://plumbline.example/alerts/1' }],
    channels,
    flows: [],
    systems: [],
    startedAt: clock,
  };
}

/** A channel that writes down what it was given and answers as it is told. */
function recorder(answer: (notification: Notification) => Delivery['kind'] = () => 'delivered') {
  const given: string[] = [];
  const channel: Channel = {
    isIdempotent: true,
    deliver: async (notification) => {
      given.push(`${notification.key} ${notification.action}`);
      const exchange = { request: 'POST', answer: '' };
      const kind = answer(notification);
      if (kind === 'delivered') return { kind, exchange };
      if (kind === 'failed') return { kind, reason: 'busy', mayHaveArrived: false, exchange };
      return { kind, reason: 'no', exchange };
    },
  };
  return { given, channel };
}

function ports(channels: Map<string, Channel>): DispatchPorts {
  return {
    postgres,
    log: createLog(
      () => undefined,
      () => clock,
    ),
    now: () => clock,
    randomId: randomUUID,
    channels: () => channels,
  };
}

const never = new AbortController().signal;

function dispatch(name: string, channel: Channel): Promise<void> {
  return dispatchTo(ports(new Map([[name, channel]])), name, channel, never);
}

function deliveries() {
  return query(postgres, {
    name: 'test.deliveries',
    sql: 'SELECT channel, action, outcome, reason FROM alert_deliveries ORDER BY id',
    params: [],
    schema: z.object({ channel: z.string(), action: z.string(), outcome: z.string(), reason: z.string() }),
  });
}

test('an alert is told once, however often it is found, and is resolved once', async () => {
  const { given, channel } = recorder();
  for (let look = 0; look < 3; look += 1) {
    await raiseAlert(postgres, finding('orders', ['room']), randomUUID(), clock);
    await dispatch('room', channel);
    pass(1000);
  }
  expect(await clearAlert(postgres, 'orders', clock)).toBe(true);
  expect(await clearAlert(postgres, 'orders', clock)).toBe(false);
  await dispatch('room', channel);
  await dispatch('room', channel);
  expect(given).toEqual(['orders trigger', 'orders resolve']);
});

test('an alert that ended and fired anew between two looks is resolved before it is told again', async () => {
  const { given, channel } = recorder();
  await raiseAlert(postgres, finding('orders', ['room']), randomUUID(), clock);
  await dispatch('room', channel);
  await clearAlert(postgres, 'orders', pass(1000));
  await raiseAlert(postgres, finding('orders', ['room']), randomUUID(), pass(1000));
  await dispatch('room', channel);
  expect(given).toEqual(['orders trigger', 'orders resolve', 'orders trigger']);
});

test('several processes tell a channel of hundred alerts once each', async () => {
  const { given, channel } = recorder();
  const keys = Array.from({ length: 100 }, (_, index) => `alert-${index}`);
  for (const key of keys) await raiseAlert(postgres, finding(key, ['room']), randomUUID(), clock);
  await Promise.all(Array.from({ length: 4 }, () => dispatch('room', channel)));
  expect(given.toSorted()).toEqual(keys.map((key) => `${key} trigger`).toSorted());
});

test('who died in the middle of sending leaves word that it may have arrived, and the next one sends it again', async () => {
  await raiseAlert(postgres, finding('orders', ['room']), randomUUID(), clock);
  const first = await claimNext(postgres, { channel: 'room', now: clock, lease: randomUUID(), policy });
  expect(first?.mayBeDouble).toBe(false);
  // It never comes back. While its lease lasts, nobody touches the course.
  expect(
    await claimNext(postgres, { channel: 'room', now: pass(10_000), lease: randomUUID(), policy }),
  ).toBeUndefined();
  await execute(postgres, "UPDATE alert_courses SET lease_until = clock_timestamp() - interval '1 second'");
  expect(
    await claimNext(postgres, { channel: 'room', now: clock, lease: randomUUID(), policy }),
  ).toBeUndefined();
  const again = await claimNext(postgres, { channel: 'room', now: pass(2000), lease: randomUUID(), policy });
  expect(again?.notification.id).toBe(first?.notification.id);
  expect(again?.mayBeDouble).toBe(true);
  expect((await deliveries()).map(({ outcome }) => outcome)).toEqual(['unknown']);
});

test('who was frozen and wakes up later changes nothing any more', async () => {
  await raiseAlert(postgres, finding('orders', ['room']), randomUUID(), clock);
  const frozen = await claimNext(postgres, { channel: 'room', now: clock, lease: randomUUID(), policy });
  await execute(postgres, "UPDATE alert_courses SET lease_until = clock_timestamp() - interval '1 second'");
  const { given, channel } = recorder();
  await dispatch('room', channel);
  pass(2000);
  await dispatch('room', channel);
  const exchange = { request: '', answer: '' };
  const late: Delivery = { kind: 'failed', reason: 'late', mayHaveArrived: false, exchange };
  if (!frozen) throw new Error('Nothing was due.');
  expect(await recordDelivery(postgres, frozen, late, clock, policy)).toBe(false);
  await clearAlert(postgres, 'orders', pass(1000));
  await dispatch('room', channel);
  expect(given).toEqual(['orders trigger', 'orders resolve']);
});

test('an alert that is muted is not told, and one that was told before is resolved all the same', async () => {
  const { given, channel } = recorder();
  await raiseAlert(postgres, finding('told', ['room']), randomUUID(), clock);
  await dispatch('room', channel);
  await raiseAlert(postgres, finding('untold', ['room']), randomUUID(), clock);
  await execute(postgres, 'UPDATE alerts SET muted_until = $1', [new Date(clock.getTime() + 3_600_000)]);
  await dispatch('room', channel);
  await clearAlert(postgres, 'told', pass(1000));
  await clearAlert(postgres, 'untold', clock);
  await dispatch('room', channel);
  expect(given).toEqual(['told trigger', 'told resolve']);
});

/** One step of a life with mutes; all of them can be the last one before the alert is over. */
const steps = ['raise', 'clear', 'take', 'silence', 'unsilence', 'away', 'back', 'lost', 'wait'] as const;

async function live(step: (typeof steps)[number]): Promise<void> {
  const until = new Date(clock.getTime() + 600_000);
  if (step === 'raise') await raiseAlert(postgres, finding('orders', ['room']), randomUUID(), clock);
  if (step === 'clear') await clearAlert(postgres, 'orders', clock);
  if (step === 'take')
    await execute(
      postgres,
      `UPDATE alerts SET acknowledged_at = $1, acknowledged_until = $2 WHERE resolved_at IS NULL`,
      [clock, until],
    );
  if (step === 'silence')
    await execute(
      postgres,
      `INSERT INTO silences (id, key, starts_at, ends_at, reason, created_at, created_by)
       VALUES ($1, 'orders', $2, $3, 'work', $2, 'somebody')`,
      [randomUUID(), clock, until],
    );
  if (step === 'unsilence')
    await execute(postgres, 'UPDATE silences SET ends_at = $1 WHERE ends_at > $1', [clock]);
}

test('whatever is silenced, taken on, lost or away meanwhile: each trigger gets one resolve, and nothing begins while it is muted', async () => {
  let seed = 7;
  const draw = (max: number) => (seed = (seed * 48_271) % 2_147_483_647) % max;
  for (let life = 0; life < 12; life += 1) {
    await execute(postgres, 'TRUNCATE alerts, alert_courses, alert_deliveries, silences CASCADE');
    let answer: Delivery['kind'] = 'delivered';
    const taken: string[] = [];
    const { channel } = recorder(({ action }) => {
      if (answer === 'delivered') taken.push(action);
      return answer;
    });
    for (let index = 0; index < 25; index += 1) {
      const step = steps[draw(steps.length)] ?? 'wait';
      await live(step);
      if (step === 'away') answer = 'failed';
      if (step === 'back') answer = 'delivered';
      if (step === 'lost')
        await claimNext(postgres, { channel: 'room', now: clock, lease: randomUUID(), policy });
      await execute(
        postgres,
        "UPDATE alert_courses SET lease_until = clock_timestamp() - interval '1 second' WHERE lease IS NOT NULL",
      );
      const [muted] = await query(postgres, {
        name: 'test.muted',
        sql: 'SELECT is_muted(a, $1) AS muted FROM alerts a WHERE resolved_at IS NULL',
        params: [clock],
        schema: z.object({ muted: z.boolean() }),
      });
      const before = taken.length;
      await dispatch('room', channel);
      if (muted?.muted) expect(taken.slice(before)).not.toContain('trigger');
      pass(draw(400_000));
    }
    answer = 'delivered';
    await live('silence');
    await live('clear');
    pass(policy.retryMsMax);
    await dispatch('room', channel);
    pass(policy.retryMsMax);
    await dispatch('room', channel);
    const course = taken.filter((action) => action !== 'update').join(' ');
    expect(course).toMatch(/^((trigger )+resolve ?|resolve ?)*$/);
    const [left] = await query(postgres, {
      name: 'test.left',
      sql: 'SELECT believes, sending IS NOT NULL AS sending FROM alert_courses',
      params: [],
      schema: z.object({ believes: z.string(), sending: z.boolean() }),
    });
    if (left) expect(left).toEqual({ believes: 'no', sending: false });
  }
});

test('however many alerts are muted, those that are not are told', async () => {
  const { given, channel } = recorder();
  for (let index = 0; index < 30; index += 1)
    await raiseAlert(postgres, finding(`muted-${index}`, ['room']), randomUUID(), clock);
  await execute(postgres, 'UPDATE alerts SET muted_until = $1', [new Date(clock.getTime() + 3_600_000)]);
  await raiseAlert(postgres, finding('orders', ['room']), randomUUID(), pass(1000));
  await dispatch('room', channel);
  expect(given).toEqual(['orders trigger']);
});

test('a channel that fails keeps nobody waiting, and is told when it works again', async () => {
  let works = false;
  const broken = recorder(() => (works ? 'delivered' : 'failed'));
  const fine = recorder();
  await raiseAlert(postgres, finding('orders', ['broken', 'fine']), randomUUID(), clock);
  await dispatch('broken', broken.channel);
  await dispatch('fine', fine.channel);
  expect(fine.given).toEqual(['orders trigger']);
  works = true;
  await dispatch('broken', broken.channel);
  expect(broken.given).toHaveLength(1);
  pass(policy.retryMsMin);
  await dispatch('broken', broken.channel);
  expect(broken.given).toHaveLength(2);
  expect((await deliveries()).map(({ channel, outcome }) => `${channel} ${outcome}`)).toEqual([
    'broken failed',
    'fine delivered',
    'broken delivered',
  ]);
});

test('nothing is told to a channel that the alert does not name', async () => {
  const { given, channel } = recorder();
  await raiseAlert(postgres, finding('orders', ['other']), randomUUID(), clock);
  await dispatch('room', channel);
  expect(given).toEqual([]);
});

test('running by itself it reaches a real receiver within a second, and stops cleanly', async () => {
  const received: Told[] = [];
  const receiver = await openReceiver((told) => void received.push(told));
  const hook = openChannel(
    { kind: 'webhook', url: receiver.url, secret },
    { reach: createReach(['127.0.0.0/8']), now: () => clock, limitMs: 2000 },
  );
  const stop = startDispatch(ports(new Map([['hook', hook]])));
  await raiseAlert(postgres, finding('orders', ['hook']), randomUUID(), clock);
  await expect.poll(() => received.length, { timeout: 10_000 }).toBe(1);
  await clearAlert(postgres, 'orders', clock);
  await expect.poll(() => received.length, { timeout: 10_000 }).toBe(2);
  await stop();
  receiver.close();
  expect(received.map(({ type, data }) => `${data.key} ${type}`)).toEqual([
    'orders alert.trigger',
    'orders alert.resolve',
  ]);
});
