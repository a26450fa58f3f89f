import { connect, type Channel, type ChannelModel } from 'amqplib';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openRabbitmq } from '@plumbline/control-plane/transports/rabbitmq.ts';
import type { Arrival, Transport } from '@plumbline/control-plane/transports/port.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Broker } from '../../brokers/broker.ts';
import { startRabbitMq, whyNoRabbitMq } from '../../brokers/rabbitmq.ts';
import { collect, message, range, tailFor, tailOptions } from './tailing.ts';

const never = new AbortController().signal;
const why = whyNoRabbitMq();
if (why) console.warn(why);

describe.skipIf(why !== undefined)('RabbitMQ', () => {
  let broker: Broker;
  let connection: ChannelModel;
  let channel: Channel;
  const opened: Transport[] = [];

  beforeAll(async () => {
    broker = await startRabbitMq();
    await reconnect();
  }, 120_000);
  afterAll(async () => {
    await Promise.all(opened.map((transport) => transport.close()));
    await connection?.close().catch(() => undefined);
    await broker?.close();
  });

  async function reconnect(): Promise<void> {
    connection = await connect(broker.url);
    connection.on('error', () => undefined);
    channel = await connection.createChannel();
    channel.on('error', () => undefined);
  }

  const open = (): Transport => {
    const options = { application: 'plumbline-test', now: () => new Date(), answerWithinMs: 4000 };
    const transport = openRabbitmq(broker.url, options);
    opened.push(transport);
    return transport;
  };

  /** A queue whose refused messages go to another one. */
  async function declare(args: Record<string, unknown> = {}): Promise<{ queue: string; dead: string }> {
    const queue = `q-${randomUUID()}`;
    const dead = `${queue}.dead`;
    await channel.assertQueue(dead, { durable: true, arguments: args });
    await channel.assertQueue(queue, {
      durable: true,
      arguments: { ...args, 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': dead },
    });
    return { queue, dead };
  }

  async function take(queue: string, noAck = true) {
    for (let tries = 0; tries < 200; tries += 1) {
      const got = await channel.get(queue, { noAck });
      if (got) return got;
      await sleep(20);
    }
    throw new Error(`nothing came to ${queue}`);
  }

  it('brings back what died byte for byte, and says why, when and where it did', async () => {
    const { queue, dead } = await declare();
    const body = Buffer.from([0, 255, 10, 13]);
    const headers = { 'x-text': 'größe', 'x-number': 7, 'x-flag': true, 'x-list': ['a', 1] };
    const sent = {
      headers,
      messageId: 'm-1',
      contentType: 'text/x',
      correlationId: 'c-1',
      priority: 4,
      timestamp: 1700000000,
    };
    channel.sendToQueue(queue, body, sent);
    const first = await take(queue, false);
    channel.nack(first, false, false);
    const transport = open();
    const [arrival] = await tailFor(transport, dead, 1);
    expect(arrival).toMatchObject({
      messageId: 'm-1',
      body,
      contentType: 'text/x',
      originalDestination: queue,
      reason: 'rejected',
      key: Buffer.from(queue),
    });
    expect(Math.abs((arrival?.failedAt?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
    if (!arrival) return;
    const again = { ...arrival, messageId: 'm-1', deduplicationId: 'm-1:1' };
    expect(await transport.send(queue, [again], never)).toMatchObject([{ kind: 'accepted' }]);
    const back = await take(queue);
    expect(back.content).toEqual(body);
    expect(back.properties.headers).toEqual(headers);
    expect(back.properties).toMatchObject({
      messageId: 'm-1',
      contentType: 'text/x',
      correlationId: 'c-1',
      priority: 4,
      timestamp: 1700000000,
    });
  });

  it('acknowledges only what is stored, and names a message delivered again as before', async () => {
    const { dead } = await declare();
    for (const index of range(30))
      channel.sendToQueue(dead, Buffer.from(`${index}`), { messageId: `m-${index}` });
    const refused: Arrival[] = [];
    const stop = new AbortController();
    const transport = open();
    const got = collect();
    const tail = transport.tail(dead, {
      ...tailOptions(stop.signal, async (batch) => {
        if (refused.length === 0) {
          refused.push(...batch);
          throw new Error('the database is away');
        }
        await got.store(batch);
      }),
    });
    await got.until(30);
    stop.abort();
    await tail;
    const names = new Map(got.arrivals.map(({ messageId, arrivalId }) => [messageId, arrivalId]));
    expect(names.size).toBe(30);
    for (const { messageId, arrivalId } of refused) expect(names.get(messageId)).toBe(arrivalId);
    expect(refused.every(({ isFirstDelivery }) => isFirstDelivery)).toBe(true);
    expect(got.arrivals.some(({ isFirstDelivery }) => !isFirstDelivery)).toBe(true);
    await expect.poll(() => transport.depth(dead, never)).toBe(0);
  });

  it('names a message that dies twice twice', async () => {
    const { queue, dead } = await declare();
    const transport = open();
    const names = new Set<string>();
    channel.sendToQueue(queue, Buffer.from('x'), { messageId: 'm' });
    for (const _ of range(2)) {
      const delivered = await take(queue, false);
      channel.nack(delivered, false, false);
      const [arrival] = await tailFor(transport, dead, 1);
      if (!arrival) throw new Error('nothing died');
      names.add(arrival.arrivalId);
      // The broker counts its deaths by the second.
      await sleep(1100);
      await transport.send(queue, [{ ...arrival, messageId: 'm', deduplicationId: 'm:1' }], never);
    }
    expect(names.size).toBe(2);
  });

  it('refuses what no queue would get, for good', async () => {
    const transport = open();
    const exchange = `x-${randomUUID()}`;
    await channel.assertExchange(exchange, 'topic', { durable: true });
    const results = [
      ...(await transport.send('nowhere', [message('a'), message('b')], never)),
      ...(await transport.send(`${exchange}/nobody.listens`, [message('c')], never)),
      ...(await transport.send('no-such-exchange/key', [message('d')], never)),
    ];
    expect(results.map(({ kind }) => kind)).toEqual(['refused', 'refused', 'refused', 'refused']);
    expect(results.every((result) => result.kind === 'refused' && !result.retryable)).toBe(true);
    const { queue } = await declare();
    expect(await transport.send(queue, [message('e')], never)).toMatchObject([{ kind: 'accepted' }]);
  });

  it('keeps the order of what it sends', async () => {
    const { queue } = await declare();
    const results = await open().send(
      queue,
      range(3000).map((index) => message(`m-${index}`)),
      never,
    );
    expect(results.every(({ kind }) => kind === 'accepted')).toBe(true);
    const arrivals = await tailFor(open(), queue, 3000);
    expect(arrivals.map(({ messageId }) => messageId)).toEqual(range(3000).map((index) => `m-${index}`));
  });

  it('says what a queue promises, and that it is not there', async () => {
    const transport = open();
    const { queue } = await declare();
    const quorum = await declare({ 'x-queue-type': 'quorum' });
    const transient = `t-${randomUUID()}`;
    await channel
      .assertQueue(transient, { durable: false, exclusive: false, autoDelete: true })
      .catch(() => undefined);
    expect(await transport.promises(queue, never)).toMatchObject({
      durable: 'yes',
      note: expect.stringContaining('classic') as string,
    });
    expect(await transport.promises(quorum.queue, never)).toMatchObject({
      durable: 'yes',
      note: expect.stringContaining('quorum') as string,
    });
    await expect(transport.promises('nowhere', never)).rejects.toThrow('nowhere');
    await expect(
      transport.tail(
        'nowhere',
        tailOptions(never, async () => undefined),
      ),
    ).rejects.toThrow('Declare it');
  });
});
