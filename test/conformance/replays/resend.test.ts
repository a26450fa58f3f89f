import type { ReplayEngine } from '@plumbline/control-plane/replays/engine/engine.ts';
import type { ReplayResent } from '@plumbline/control-plane/replays/schemas.ts';
import { openNats } from '@plumbline/control-plane/transports/nats.ts';
import type { Transport } from '@plumbline/control-plane/transports/port.ts';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Broker } from '../../brokers/broker.ts';
import { startNats, whyNoNats } from '../../brokers/nats.ts';
import { codeOf } from '../api/stand.ts';
import { addLetters } from './letters.ts';
import { openReplayStand, type ReplayStand } from './replay-stand.ts';

const why = whyNoNats();
if (why) console.warn(why);
const minuteMs = 60_000;

let stand: ReplayStand;
let engine: ReplayEngine | undefined;

beforeAll(async () => {
  stand = await openReplayStand({ approvalAbove: 100, stages: [], perSecond: 10_000, haltRatio: 1 });
});
beforeEach(async () => {
  await stand.clear();
  stand.sendBy(promising(2 * minuteMs));
  stand.memory.answer(() => ({ kind: 'unknown', reason: 'the confirm was lost' }));
  engine = stand.startEngine();
});
afterEach(async () => {
  expect(await stand.conserved()).toBe(true);
  await engine?.stop();
});
afterAll(() => stand.close());

/** The destination in memory, with a promise to drop the second of two. */
function promising(forMs: number | null): Transport {
  const { transport } = stand.memory;
  return {
    ...transport,
    promises: async (...args) => ({
      ...(await transport.promises(...args)),
      deduplicates: forMs === null ? null : { forMs },
    }),
  };
}

/** A replay of as many letters, all of whose answers are lost. */
async function unknown(count: number, options: { perKey?: number } = {}): Promise<string> {
  await addLetters(stand.context.postgres, count, options);
  const { id } = await stand.preview({ filter: { flow: 'orders' } });
  await stand.decide(id, 'start');
  await stand.until(id, ({ state, counts }) => state === 'finished' && counts.unknown === count);
  return id;
}
const resend = (id: string, json: object = {}) =>
  stand.ask('POST', `/replays/${id}/resend`, {
    token: stand.operator,
    json: { reason: 'within the window', ...json },
  });

describe.skipIf(why !== undefined)('over NATS, which forgets the second of two', () => {
  let broker: Broker;
  let connection: NatsConnection;
  let manager: JetStreamManager;
  let nats: Transport;
  beforeAll(async () => {
    broker = await startNats();
    connection = await connect({ servers: new URL(broker.url).host });
    manager = await jetstreamManager(connection);
    nats = openNats(broker.url, { application: 'plumbline-test', now: () => new Date() });
  });
  afterAll(async () => {
    await nats?.close();
    await connection?.close();
    await broker?.close();
  });
  beforeEach(async () => {
    await manager.streams.delete('ORDERS').catch(() => undefined);
    await manager.streams.add({ name: 'ORDERS', subjects: ['erp.orders'], duplicate_window: 120e9 });
  });
  const kept = async () => (await manager.streams.info('ORDERS')).state.messages;

  test('what arrived although nobody said so, and what did not, is there once after it was sent again', async () => {
    let isLost = true;
    stand.sendBy({
      ...nats,
      async send(destination, batch, signal) {
        if (!isLost) return nats.send(destination, batch, signal);
        // Every other one never leaves; of all of them the answer is lost.
        await nats.send(
          destination,
          batch.filter((_, index) => index % 2 === 0),
          signal,
        );
        return batch.map(() => ({ kind: 'unknown', reason: 'the confirm was lost' }));
      },
    });
    const id = await unknown(6);
    expect(await kept()).toBe(3);
    isLost = false;
    const answer = await resend(id);
    expect(answer.body).toEqual({ accepted: 6, stillUnknown: 0, leftOut: [] });
    expect(await kept()).toBe(6);
    const sent = await stand.read(id);
    expect(sent.counts).toMatchObject({ unknown: 0, pending: 6, awaitingConfirmation: 6 });
    const { rows } = await stand.context.postgres.query<{ message_id: string }>(
      'SELECT message_id FROM replay_items',
    );
    for (const { message_id } of rows) stand.telemetry.tell(message_id, 'delivered');
    await stand.until(id, ({ counts }) => counts.confirmed === 6);
  });
});

test('sent again is in the audit log, waits anew for its consumer, and is unknown again without its word', async () => {
  const id = await unknown(2);
  stand.memory.answer(() => ({ kind: 'accepted', position: '9' }));
  stand.pass(minuteMs);
  const [first] = stand.memory.received;
  expect((await resend(id, { positions: [0] })).body).toMatchObject({ accepted: 1 });
  expect(stand.memory.received.at(-1)?.message).toEqual(first?.message);
  const log = await stand.ask('GET', `/audit?target=replay:${id}&action=replays.resend`, {
    token: await stand.tokenOf('engineer'),
  });
  expect(log.body).toMatchObject({
    items: [
      {
        target: `replay:${id}`,
        detail: { reason: 'within the window', positions: [0], deduplicatesForMs: 120_000 },
      },
    ],
  });
  await stand.until(id, ({ counts }) => counts.awaitingConfirmation === 1);
  stand.pass(5 * minuteMs - 2000);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect((await stand.read(id)).counts.awaitingConfirmation).toBe(1);
  stand.pass(3000);
  await stand.until(id, ({ counts }) => counts.unknown === 2);
});

test('what the target may have forgotten, what went out a moment ago and what was overtaken stays as it is', async () => {
  const id = await unknown(4, { perKey: 2 });
  const reasons = async () =>
    ((await resend(id)).body as ReplayResent).leftOut.map(({ reason, count }) => `${count} ${reason}`);
  // The first of each key was overtaken by the second, which went out when the outcome of the first was lost.
  expect(await reasons()).toEqual(['2 a newer message of its key went out since, or another is under way']);
  expect(stand.memory.received).toHaveLength(6);
  expect(await reasons()).toContain('2 it was sent again a moment ago');
  stand.pass(100_001);
  expect(await reasons()).toEqual(['4 it was sent too long ago: the target may have forgotten it']);
  expect(stand.memory.received).toHaveLength(6);
  expect((await stand.read(id)).counts.unknown).toBe(4);
});

test('without the promise, for a replay that must not send, and by a viewer nothing is sent again', async () => {
  const id = await unknown(1);
  stand.sendBy(promising(null));
  const refused = await resend(id);
  expect([codeOf(refused), JSON.stringify(refused.body)]).toEqual([
    'conflict',
    expect.stringContaining('give a verdict'),
  ]);
  stand.sendBy(promising(2 * minuteMs));
  await stand.context.postgres.query("UPDATE replays SET state = 'cancelled'");
  expect(codeOf(await resend(id))).toBe('conflict');
  const json = { reason: 'within the window' };
  const viewer = await stand.tokenOf('viewer');
  expect((await stand.ask('POST', `/replays/${id}/resend`, { token: viewer, json })).status).toBe(403);
  expect(stand.memory.received).toHaveLength(1);
});
