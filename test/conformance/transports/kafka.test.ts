import { Admin } from '@platformatic/kafka';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { openKafka } from '@plumbline/control-plane/transports/kafka.ts';
import type { Transport } from '@plumbline/control-plane/transports/port.ts';
import { startKafka, whyNoKafka } from '../../brokers/kafka.ts';
import type { Stand } from './harness.ts';
import { holdsToThePort } from './suite.ts';
import { collect, message, never, range, tailAll, tailOptions } from './tailing.ts';

interface KafkaStand extends Stand {
  readonly createTopic: (partitions?: number, configs?: Record<string, string>) => Promise<string>;
}

holdsToThePort<KafkaStand>(
  {
    name: 'Kafka',
    why: whyNoKafka(),
    carries: {
      binaryHeaders: 'kept',
      repeatedHeaders: 'kept',
      emptyHeaders: 'kept',
      key: 'kept',
      partition: 'kept',
      tombstones: 'kept',
    },
    reads: true,
    connects: true,
    browses: true,
    counts: true,
    deduplicates: 'no',
    keepsOrder: true,
    kinds: { 'one copy': 'no', flushed: 'yes' },
    outliveKill: ['one copy'],
    start,
  },
  ownTests,
);

async function start(): Promise<KafkaStand> {
  const broker = await startKafka();
  const bootstrapBrokers = [new URL(broker.url).host];
  const admin = new Admin({ clientId: 'test', bootstrapBrokers, retries: 20, retryDelay: 250 });
  const opened: Transport[] = [];
  const openUrl = (url: string, options = {}): Transport => {
    const transport = openKafka(url, {
      application: 'plumbline-test',
      now: () => new Date(),
      answerWithinMs: 20_000,
      ...options,
    });
    opened.push(transport);
    return transport;
  };
  const asking = openUrl(broker.url);
  const createTopic = async (partitions = 1, configs: Record<string, string> = {}): Promise<string> => {
    const topic = `t-${randomUUID()}`;
    const entries = Object.entries(configs).map(([name, value]) => ({ name, value }));
    await admin.createTopics({ topics: [topic], partitions, replicas: 1, configs: entries });
    // A topic that was just made is not known to every part of the broker at once.
    await vi.waitFor(() => asking.promises(topic, never), { timeout: 15_000, interval: 250 });
    return topic;
  };
  return {
    createTopic,
    open: (options) => openUrl(broker.url, options),
    openAt: (port) => openUrl(`kafka://127.0.0.1:${port}`),
    nowhere: `nowhere-${randomUUID()}`,
    async createPlace(kind = 'one copy') {
      const topic = await createTopic(3, kind === 'flushed' ? { 'flush.messages': '1' } : {});
      return { to: topic, from: topic };
    },
    received: (place, length) => tailAll(openUrl(broker.url), place.from, length),
    partitionOf: ({ arrivalId }) => Number(arrivalId.split('/')[1]),
    target: broker.ownProcess,
    settleMs: 0,
    async close() {
      await Promise.all(opened.map((transport) => transport.close()));
      await admin.close();
      await broker.close();
    },
  };
}

function ownTests(stand: () => KafkaStand): void {
  it('refuses for good what can never be stored, and only that', async () => {
    const topic = await stand().createTopic(1, { 'max.message.bytes': '20000' });
    const transport = stand().open();
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

    const compacted = await stand().createTopic(1, { 'cleanup.policy': 'compact' });
    const [bare, keyed] = await transport.send(
      compacted,
      [message('k', { key: null }), message('l', { key: Buffer.from('l') })],
      never,
    );
    expect([bare?.kind, keyed?.kind]).toEqual(['refused', 'accepted']);
  });

  it('says what the topic really promises', async () => {
    const transport = stand().open();
    const plain = await transport.promises(await stand().createTopic(3), never);
    expect(plain).toMatchObject({
      durable: 'no',
      unroutableNoticed: true,
      deduplicates: null,
      keepsOrder: true,
    });
    expect(plain.note).toMatch(/^3 partitions, 1 copy/);
    const flushed = await transport.promises(await stand().createTopic(1, { 'flush.messages': '1' }), never);
    expect(flushed.durable).toBe('yes');
    const compacted = await transport.promises(
      await stand().createTopic(1, { 'cleanup.policy': 'compact' }),
      never,
    );
    expect(compacted.note).toContain('compacted');
  });

  it('chooses the partition that Java would', async () => {
    const topic = await stand().createTopic(4);
    const [result] = await stand()
      .open()
      .send(topic, [message('a', { key: Buffer.from('order-4711') })], never);
    // Java: Utils.toPositive(Utils.murmur2("order-4711")) % 4.
    expect(result).toEqual({ kind: 'accepted', position: '3/0' });
  });

  it('loses nothing when members of the group come and go', async () => {
    const topic = await stand().createTopic(6);
    const [one, two] = [stand().open(), stand().open()];
    const got = collect();
    const [stopOne, stopTwo] = [new AbortController(), new AbortController()];
    const first = one.tail(topic, tailOptions(stopOne.signal, got.store));
    const producer = stand().open();
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
}
