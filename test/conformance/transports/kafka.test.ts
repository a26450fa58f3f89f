import { Admin } from '@platformatic/kafka';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openKafka } from '@plumbline/control-plane/transports/kafka.ts';
import type { SendResult, Transport } from '@plumbline/control-plane/transports/port.ts';
import type { Broker } from '../../brokers/broker.ts';
import { startKafka, whyNoKafka } from '../../brokers/kafka.ts';
import { collect, message, missing, range, tailFor, tailOptions } from './tailing.ts';

const never = new AbortController().signal;
const why = whyNoKafka();
if (why) console.warn(why);

describe.skipIf(why !== undefined)('Kafka', () => {
  let broker: Broker;
  let admin: Admin;
  const opened: Transport[] = [];

  beforeAll(async () => {
    broker = await startKafka();
    const bootstrapBrokers = [new URL(broker.url).host];
    admin = new Admin({ clientId: 'test', bootstrapBrokers, retries: 20, retryDelay: 250 });
  });
  afterAll(async () => {
    await Promise.all(opened.map((transport) => transport.close()));
    await admin?.close();
    await broker?.close();
  });

  const open = (answerWithinMs = 20_000, query = ''): Transport => {
    const options = { application: 'plumbline-test', now: () => new Date(), answerWithinMs };
    const transport = openKafka(`${broker.url}${query}`, options);
    opened.push(transport);
    return transport;
  };
  const createTopic = async (partitions = 1, configs: Record<string, string> = {}): Promise<string> => {
    const topic = `t-${randomUUID()}`;
    const entries = Object.entries(configs).map(([name, value]) => ({ name, value }));
    await admin.createTopics({ topics: [topic], partitions, replicas: 1, configs: entries });
    return topic;
  };

  it('carries bodies, tombstones, keys, partitions and doubled headers byte for byte, and commits once stored', async () => {
    const topic = await createTopic(3);
    const transport = open();
    const sent = [
      message('a', {
        body: Buffer.from([0, 255, 254]),
        key: Buffer.from([0xff, 0]),
        partition: 2,
        headers: [
          ['x', Buffer.from([1, 200])],
          ['X-Y', Buffer.from('one')],
          ['x', Buffer.from('two')],
          ['kafka_dlt-original-partition', Buffer.from([0, 0, 0, 2])],
        ],
      }),
      message('b', { body: null, key: Buffer.from('b') }),
      message('c', { body: Buffer.alloc(0), contentType: 'application/json' }),
    ];
    const results = await transport.send(topic, sent, never);
    expect(results.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'accepted']);
    expect(results[0]).toEqual({ kind: 'accepted', position: '2/0' });

    const arrivals = new Map((await tailFor(transport, topic, 3)).map((a) => [a.messageId, a]));
    const [a, b, c] = ['a', 'b', 'c'].map((id) => arrivals.get(id));
    expect(a?.arrivalId).toBe(`${topic}/2/0`);
    expect(a?.body).toEqual(sent[0]?.body);
    expect(a?.key).toEqual(sent[0]?.key);
    expect(a?.partition).toBe(2);
    expect(a?.headers).toEqual([...(sent[0]?.headers ?? []), ['message-id', Buffer.from('a')]]);
    expect(b?.body).toBeNull();
    expect(c?.body).toEqual(Buffer.alloc(0));
    expect(c?.contentType).toBe('application/json');

    const again = collect();
    const stop = new AbortController();
    const tail = transport.tail(topic, tailOptions(stop.signal, again.store));
    await transport.send(topic, [message('d')], never);
    await again.until(1);
    stop.abort();
    await tail;
    expect(again.arrivals.map((arrival) => arrival.messageId)).toEqual(['d']);
  });

  it('delivers a batch again that could not be stored, and shows and counts what waits without taking it', async () => {
    const topic = await createTopic(2);
    const transport = open();
    await transport.send(
      topic,
      range(20).map((n) => message(`m${n}`)),
      never,
    );
    const seen = await transport.browse?.(topic, 15, never);
    expect(seen).toHaveLength(15);
    expect(await transport.depth(topic, never)).toBe(20);
    expect(await transport.browse?.(topic, 100, never)).toHaveLength(20);

    const got = collect();
    let refusals = 2;
    const stop = new AbortController();
    const tail = transport.tail(
      topic,
      tailOptions(stop.signal, async (batch) => {
        if (refusals-- > 0) throw new Error('the database is away');
        await got.store(batch);
      }),
    );
    await got.until(20);
    stop.abort();
    await tail;
    expect(new Set(got.arrivals.map((arrival) => arrival.messageId)).size).toBe(20);
    expect(await transport.depth(topic, never)).toBe(0);
    expect(await transport.browse?.(topic, 100, never)).toEqual([]);
  });

  it('refuses for good what can never be stored, and only that', async () => {
    const topic = await createTopic(1, { 'max.message.bytes': '20000' });
    const transport = open();
    const batch = [message('a'), message('huge', { body: Buffer.alloc(30_000, 1) }), message('c')];
    const results = await transport.send(topic, batch, never);
    expect(results.map(({ kind }) => kind)).toEqual(['accepted', 'refused', 'accepted']);
    expect(results[1]).toMatchObject({ retryable: false });

    const absent = `absent-${randomUUID()}`;
    const [nowhere] = await transport.send(absent, [message('x')], never);
    expect(nowhere).toMatchObject({
      kind: 'refused',
      retryable: false,
      reason: expect.stringContaining(absent) as unknown,
    });
    await expect(
      transport.tail(
        absent,
        tailOptions(never, async () => undefined),
      ),
    ).rejects.toThrow(/create it/);
    await expect(transport.depth(absent, never)).rejects.toThrow(/create it/);

    const compacted = await createTopic(1, { 'cleanup.policy': 'compact' });
    const [bare, keyed] = await transport.send(
      compacted,
      [message('k', { key: null }), message('l', { key: Buffer.from('l') })],
      never,
    );
    expect([bare?.kind, keyed?.kind]).toEqual(['refused', 'accepted']);
  });

  it('says what the topic really promises', async () => {
    const transport = open();
    // A topic that was just made is not known to every part of the broker at once.
    const promised = (topic: string) =>
      vi.waitFor(() => transport.promises(topic, never), { timeout: 15_000, interval: 250 });
    const plain = await promised(await createTopic(3));
    expect(plain).toMatchObject({
      durable: 'no',
      unroutableNoticed: true,
      deduplicates: null,
      keepsOrder: true,
    });
    expect(plain.note).toMatch(/^3 partitions, 1 copy/);
    const flushed = await promised(await createTopic(1, { 'flush.messages': '1' }));
    expect(flushed.durable).toBe('yes');
    const compacted = await promised(await createTopic(1, { 'cleanup.policy': 'compact' }));
    expect(compacted.note).toContain('compacted');
  });

  it('keeps the order of a key, and chooses the partition that Java would', async () => {
    const topic = await createTopic(4);
    const transport = open();
    const batches = range(20).map((n) =>
      transport.send(
        topic,
        range(10).map((m) => message(`${n}-${m}`, { key: Buffer.from('order-4711') })),
        never,
      ),
    );
    await Promise.all(batches);
    const arrivals = await tailFor(transport, topic, 200);
    expect(arrivals.map(({ messageId }) => messageId)).toEqual(
      range(20).flatMap((n) => range(10).map((m) => `${n}-${m}`)),
    );
    // Java: Utils.toPositive(Utils.murmur2("order-4711")) % 4, and every record is there.
    expect(new Set(arrivals.map(({ arrivalId }) => arrivalId.split('/')[1]))).toHaveLength(1);
  });

  it('loses nothing when members of the group come and go', async () => {
    const topic = await createTopic(6);
    const [one, two] = [open(), open()];
    const got = collect();
    const [stopOne, stopTwo] = [new AbortController(), new AbortController()];
    const first = one.tail(topic, tailOptions(stopOne.signal, got.store));
    const producer = open();
    const total = 3000;
    const sending = (async () => {
      for (let n = 0; n < total; n += 50) {
        const batch = range(50).map((m) => message(`${n + m}`, { key: Buffer.from(`k${n + m}`) }));
        await producer.send(topic, batch, never);
        await sleep(50);
      }
    })();
    await got.until(200);
    const second = two.tail(topic, tailOptions(stopTwo.signal, got.store));
    await got.until(1500);
    stopOne.abort();
    await first;
    await sending;
    await got.untilIds(total);
    stopTwo.abort();
    await second;
    expect(new Set(got.arrivals.map(({ messageId }) => messageId)).size).toBe(total);
    expect(await producer.depth(topic, never)).toBe(0);
  });

  it('survives a kill of the broker while tailing and sending: nothing accepted is lost, nothing refused arrives', async (context) => {
    const own = broker.ownProcess;
    if (!own) return context.skip('the broker of KAFKA_URL is not ours to kill');
    const topic = await createTopic(3);
    const [tailing, sending] = [open(), open(4000)];
    const got = collect();
    const states: string[] = [];
    const stop = new AbortController();
    const tail = tailing.tail(topic, {
      ...tailOptions(stop.signal, got.store),
      onState: (state) => states.push(state),
    });
    const outcomes = new Map<string, SendResult>();
    let running = true;
    const work = (async () => {
      for (let n = 0; running; n += 20) {
        const batch = range(20).map((m) => message(`${n + m}`, { key: Buffer.from(`k${(n + m) % 7}`) }));
        const results = await sending.send(topic, batch, never);
        for (const [nth, result] of results.entries()) outcomes.set(`${n + nth}`, result);
        await sleep(20);
      }
    })();
    for (let kill = 0; kill < 2; kill += 1) {
      const before = got.ids().size;
      await got.untilIds(before + 100);
      await own.kill();
      await sleep(1500);
      await own.start();
    }
    await got.untilIds(got.ids().size + 100);
    running = false;
    await work;
    const accepted = [...outcomes].filter(([, { kind }]) => kind === 'accepted').map(([id]) => id);
    await got.untilIds(accepted.length);
    await expect.poll(() => missing(accepted, got.ids()), { timeout: 30_000 }).toEqual([]);
    stop.abort();
    await tail;
    const refused = [...outcomes].filter(([, { kind }]) => kind === 'refused').map(([id]) => id);
    expect(missing(refused, got.ids())).toEqual(refused);
    const twice = duplicates(new Map(got.arrivals.map((a) => [a.arrivalId, a.messageId])).values());
    expect(twice.filter((id) => outcomes.get(id ?? '')?.kind === 'accepted')).toEqual([]);
    expect(states).toContain('disconnected');
    expect(states.at(-1)).toBe('connected');
  });

  it('calls a send unknown whose answer never came', async (context) => {
    const own = broker.ownProcess;
    if (!own) return context.skip('the broker of KAFKA_URL is not ours to stop');
    const topic = await createTopic(1);
    const transport = open(2000);
    expect((await transport.send(topic, [message('a')], never))[0]?.kind).toBe('accepted');
    const sends = range(40).map((n) =>
      transport.send(topic, [message(`b${n}`, { body: Buffer.alloc(200_000) })], never),
    );
    await own.kill();
    const kinds = new Set((await Promise.all(sends)).flat().map(({ kind }) => kind));
    const [late] = await transport.send(topic, [message('c')], never);
    await own.start();
    expect(kinds).toContain('unknown');
    expect(late).toMatchObject({ kind: 'refused', retryable: true });
  });
});

function duplicates<T>(values: Iterable<T>): T[] {
  const seen = new Set<T>();
  return [...values].filter((value) => seen.has(value) || !seen.add(value));
}
