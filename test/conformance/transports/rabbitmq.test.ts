import { connect, type Channel, type ChannelModel, type Options } from 'amqplib';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openRabbitmq } from '@plumbline/control-plane/transports/rabbitmq.ts';
import type { Transport } from '@plumbline/control-plane/transports/port.ts';
import { startRabbitMq, whyNoRabbitMq } from '../../brokers/rabbitmq.ts';
import type { Stand } from './harness.ts';
import { holdsToThePort } from './suite.ts';
import { message, never, tailAll, tailFor } from './tailing.ts';

interface RabbitStand extends Stand {
  /** A channel that is not ours, new for each asker. */
  readonly channel: () => Promise<Channel>;
}

const settingsOf: Readonly<Record<string, Options.AssertQueue>> = {
  classic: { durable: true },
  quorum: { durable: true, arguments: { 'x-queue-type': 'quorum' } },
  transient: { durable: false },
  // What queues commonly have; each is one more thing that the broker asks about before it tells the type.
  adorned: {
    durable: true,
    arguments: { 'x-max-length': 100_000, 'x-message-ttl': 3_600_000, 'x-dead-letter-exchange': '' },
  },
};

holdsToThePort<RabbitStand>(
  {
    name: 'RabbitMQ',
    why: whyNoRabbitMq(),
    carries: {
      binaryHeaders: 'kept',
      repeatedHeaders: 'refused',
      emptyHeaders: 'kept',
      key: 'left out',
      partition: 'left out',
      tombstones: 'refused',
    },
    reads: true,
    connects: true,
    browses: false,
    counts: true,
    deduplicates: 'no',
    keepsOrder: true,
    kinds: { classic: 'yes', quorum: 'yes', transient: 'no', adorned: 'yes' },
    outliveKill: ['classic', 'quorum'],
    start,
  },
  ownTests,
);

async function start(): Promise<RabbitStand> {
  const broker = await startRabbitMq();
  const opened: Transport[] = [];
  const connections: ChannelModel[] = [];
  const openUrl = (url: string, options = {}): Transport => {
    const transport = openRabbitmq(url, {
      application: 'plumbline-test',
      now: () => new Date(),
      answerWithinMs: 4000,
      ...options,
    });
    opened.push(transport);
    return transport;
  };
  const channel = async () => {
    const connection = await connect(broker.url);
    connection.on('error', () => undefined);
    connections.push(connection);
    const made = await connection.createChannel();
    made.on('error', () => undefined);
    return made;
  };
  return {
    channel,
    open: (options) => openUrl(broker.url, options),
    openAt: (port) => openUrl(`amqp://127.0.0.1:${port}`),
    nowhere: `nowhere-${randomUUID()}`,
    async createPlace(kind = 'classic') {
      const queue = `q-${randomUUID()}`;
      await (await channel()).assertQueue(queue, settingsOf[kind]);
      return { to: queue, from: queue };
    },
    received: (place, length) => tailAll(openUrl(broker.url), place.from, length),
    target: broker.ownProcess,
    // The broker's database writes down what was declared up to some seconds later.
    settleMs: 4000,
    async close() {
      await Promise.all(opened.map((transport) => transport.close()));
      await Promise.all(connections.map((connection) => connection.close().catch(() => undefined)));
      await broker.close();
    },
  };
}

function ownTests(stand: () => RabbitStand): void {
  /** A queue whose refused messages go to another one. */
  async function declare(channel: Channel) {
    const queue = `q-${randomUUID()}`;
    const dead = `${queue}.dead`;
    await channel.assertQueue(dead, { durable: true });
    await channel.assertQueue(queue, {
      durable: true,
      arguments: { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': dead },
    });
    return { queue, dead };
  }

  async function take(channel: Channel, queue: string, noAck = true) {
    for (let tries = 0; tries < 200; tries += 1) {
      const got = await channel.get(queue, { noAck });
      if (got) return got;
      await sleep(20);
    }
    throw new Error(`nothing came to ${queue}`);
  }

  it('brings back what died byte for byte with the types of its headers, and says why, when and where', async () => {
    const channel = await stand().channel();
    const { queue, dead } = await declare(channel);
    const headers = {
      'x-text': 'größe',
      'x-small': 7,
      'x-int': { '!': 'int32', value: 3 },
      'x-long': { '!': 'int64', value: 2n ** 60n + 1n },
      'x-double': { '!': 'double', value: 3 },
      'x-bytes': Buffer.from([0, 255, 1]),
      'x-when': { '!': 'timestamp', value: 1_700_000_000 },
      'x-table': { inner: [1, 'a', { '!': 'int64', value: 5 }] },
    };
    const properties = {
      messageId: 'm-1',
      contentType: 'text/x',
      correlationId: 'c-1',
      priority: 4,
      timestamp: 1_700_000_000,
    };
    channel.sendToQueue(queue, Buffer.from([0, 255, 10, 13]), { ...properties, headers });
    channel.nack(await take(channel, queue, false), false, false);
    const transport = stand().open();
    const [arrival] = await tailFor(transport, dead, 1);
    expect(arrival).toMatchObject({
      messageId: 'm-1',
      body: Buffer.from([0, 255, 10, 13]),
      contentType: 'text/x',
      originalDestination: queue,
      reason: 'rejected',
      deliveries: 1,
      key: Buffer.from(queue),
    });
    expect(Math.abs((arrival?.failedAt?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
    if (!arrival) return;
    // Of what is sent again only the table on the wire tells the types, so it is read as a dead letter once more.
    const again = { ...arrival, messageId: 'm-1', deduplicationId: 'm-1:1' };
    expect(await transport.send(queue, [again], never)).toMatchObject([{ kind: 'accepted' }]);
    const back = await take(channel, queue, false);
    expect(back.properties).toMatchObject(properties);
    channel.nack(back, false, true);
    const [second] = await tailFor(transport, queue, 1);
    const own = (of: typeof arrival | undefined) =>
      of?.headers.filter(([name]) => name in headers || name === 'amqp.types');
    expect(own(second)).toEqual(own(arrival));
    expect(second?.headers.find(([name]) => name === 'x-long')?.[1].toString()).toBe(String(2n ** 60n + 1n));
    expect(second?.headers.some(([name]) => name === 'x-death')).toBe(false);
  });

  it('names a message that dies twice twice', async () => {
    const channel = await stand().channel();
    const { queue, dead } = await declare(channel);
    const transport = stand().open();
    const names = new Set<string>();
    channel.sendToQueue(queue, Buffer.from('x'), { messageId: 'm' });
    for (let deaths = 0; deaths < 2; deaths += 1) {
      channel.nack(await take(channel, queue, false), false, false);
      const [arrival] = await tailFor(transport, dead, 1);
      if (!arrival) throw new Error('nothing died');
      expect(arrival.isFirstDelivery).toBe(true);
      names.add(arrival.arrivalId);
      // The broker counts its deaths by the second.
      await sleep(1100);
      await transport.send(queue, [{ ...arrival, messageId: 'm', deduplicationId: 'm:1' }], never);
    }
    expect(names.size).toBe(2);
  });

  it('refuses for good what no queue behind an exchange would get, and what cannot be put into AMQP', async () => {
    const channel = await stand().channel();
    const transport = stand().open();
    const exchange = `x-${randomUUID()}`;
    await channel.assertExchange(exchange, 'topic', { durable: true });
    const { queue } = await declare(channel);
    const long = 'l'.repeat(300);
    const results = [
      ...(await transport.send(`${exchange}/nobody.listens`, [message('a')], never)),
      ...(await transport.send('no-such-exchange/key', [message('b')], never)),
      ...(await transport.send(queue, [message(long)], never)),
      ...(await transport.send(
        queue,
        [message('c', { headers: [['x', Buffer.alloc(70_000, 'x')]] })],
        never,
      )),
    ];
    for (const result of results) expect(result).toMatchObject({ kind: 'refused', retryable: false });
    expect(await transport.send(queue, [message('d')], never)).toMatchObject([{ kind: 'accepted' }]);
    await expect(transport.promises(`${exchange}/key`, never)).resolves.toMatchObject({ durable: 'unknown' });
  });

  it('may send again what a full queue does not take', async () => {
    const channel = await stand().channel();
    const queue = `q-${randomUUID()}`;
    await channel.assertQueue(queue, {
      durable: true,
      maxLength: 1,
      arguments: { 'x-overflow': 'reject-publish' },
    });
    const results = await stand()
      .open()
      .send(queue, [message('a'), message('b'), message('c')], never);
    expect(results.map(({ kind }) => kind)).toEqual(['accepted', 'refused', 'refused']);
    expect(results[2]).toMatchObject({ retryable: true });
  });
}
