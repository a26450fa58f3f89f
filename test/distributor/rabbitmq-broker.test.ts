import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@plumbline/deploy/local/process/ports.ts';
import { query } from '@plumbline/model/clickhouse/client.ts';
import { connect, type ChannelModel, type ConfirmChannel, type GetMessage } from 'amqplib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Broker } from '../brokers/broker.ts';
import { startRabbitMq, whyNoRabbitMq } from '../brokers/rabbitmq.ts';
import { breakSomething, totalsOf, until } from './stand/control-client.ts';
import { openStand, startDistributor, type RunningDistributor, type Stand } from './stand/stand.ts';

/** The live business over a real RabbitMQ: what dies lies in its queue, and what is sent again takes effect once. */
const flow = 'shop-order-to-erp';
const queue = 'erp.orders.web';
const stuck = 200;
const missing = whyNoRabbitMq();

describe.skipIf(missing)('over RabbitMQ', () => {
  let dataDir: string;
  let broker: Broker;
  let stand: Stand;
  let distributor: RunningDistributor;
  let connection: ChannelModel;
  let channel: ConfirmChannel;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'distributor-broker-'));
    [broker, stand] = await Promise.all([startRabbitMq(), openStand(dataDir)]);
    const port = await freePort('127.0.0.1');
    distributor = await startDistributor(['--days', '0', '--rate', '0.01', '--faults', 'none'], port, {
      PLUMBLINE_OTLP_URL: stand.otlpUrl,
      PLUMBLINE_DATA_DIR: dataDir,
      DATABASE_URL: stand.engines.databaseUrl,
      AMQP_URL: broker.url,
    });
    connection = await connect(broker.url);
    // It ends with the broker, which is no error here; what the broker says against a call, the call throws.
    connection.on('error', () => undefined);
    channel = await connection.createConfirmChannel();
  }, 180_000);

  afterAll(async () => {
    await distributor?.stop();
    await stand?.stop();
    // Closing the connection first would wait for a broker that hangs.
    await broker?.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  test('an outage leaves all orders in the dead-letter queue, and each takes effect once when it is sent again', async () => {
    const outage = { kind: 'outage', flow, minutes: 0.4, burst: stuck };
    const { messageIds, until: overAt } = await breakSomething(distributor.url, outage);
    await until('all are dead', async () => (await depth()) === stuck);
    expect(await totals(messageIds)).toEqual({
      messages: stuck,
      delivered: 3 * stuck,
      effects: 0,
      doubled: 0,
    });

    const letters = await takeAll();
    expect(letters.map(({ properties }) => String(properties.messageId)).sort()).toEqual(
      [...messageIds].sort(),
    );
    expect(headerOf(letters[0], 'error-type')).toBe('PoolTimeoutError');
    expect(headerOf(letters[0], 'error-stack')).toContain('Pool.acquire');

    await sleep(Math.max(0, Number(overAt) - Date.now()) + 100);
    const twice = 20;
    await sendAgain([...letters, ...letters.slice(0, twice)]);
    await until('all took effect', async () => (await totals(messageIds)).delivered === 4 * stuck + twice);
    await until('the last are through', async () => (await totals(messageIds)).effects === stuck);
    expect(await totals(messageIds)).toMatchObject({ messages: stuck, effects: stuck, doubled: 0 });
    expect(await depth()).toBe(0);

    await until('telemetry says the same', async () => {
      const { delivered, discarded } = await told(messageIds);
      return delivered === stuck && discarded >= twice;
    });
    expect(await told(messageIds)).toEqual({ delivered: stuck, dead: stuck, discarded: twice, repeated: 0 });
  });

  test('a poisoned order dies at once, fails again as it is, and is taken when it was repaired', async () => {
    const fault = { kind: 'poison-message', flow, count: 1, burst: 1 };
    const { messageIds } = await breakSomething(distributor.url, fault);
    await until('it is dead', async () => (await depth()) === 1);
    const [letter] = await takeAll();
    expect(headerOf(letter, 'error-type')).toBe('ValidationError');
    if (letter) await sendAgain([letter]);
    await until('it is dead again', async () => (await depth()) === 1);
    const [again] = await takeAll();
    if (!again) throw new Error('The dead-letter queue is empty.');
    const body = z.record(z.string(), z.unknown()).parse(JSON.parse(again.content.toString('utf8')));
    expect(typeof body['quantity']).toBe('string');
    const repaired = { ...again, content: Buffer.from(JSON.stringify({ ...body, quantity: 3 })) };
    await sendAgain([{ ...repaired, properties: { ...again.properties, messageId: 'repaired-order' } }]);
    await until('it took effect', async () => (await totals(['repaired-order'])).effects === 1);
    expect(await totals(messageIds)).toEqual({ messages: 1, delivered: 2, effects: 0, doubled: 0 });
  });

  const totals = (messageIds: readonly string[]) => totalsOf(distributor.url, messageIds);

  async function depth(): Promise<number> {
    return (await channel.checkQueue(`${queue}.dead`)).messageCount;
  }

  async function takeAll(): Promise<GetMessage[]> {
    const letters: GetMessage[] = [];
    for (;;) {
      const letter = await channel.get(`${queue}.dead`, { noAck: true });
      if (!letter) return letters;
      letters.push(letter);
    }
  }

  /** As a person would with the tools of a broker: the same bytes, the same headers, into the queue itself. */
  async function sendAgain(letters: readonly GetMessage[]): Promise<void> {
    for (const { content, properties } of letters) {
      channel.sendToQueue(queue, content, {
        messageId: String(properties.messageId),
        contentType: String(properties.contentType),
        headers: { ...properties.headers },
        persistent: true,
      });
    }
    await channel.waitForConfirms();
  }

  async function told(messageIds: readonly string[]) {
    const [row] = await query(stand.clickHouse, {
      name: 'broker-test',
      sql: `SELECT uniqExactIf(MessageId, Outcome = 'delivered') AS delivered,
              uniqExactIf(MessageId, Outcome = 'dead_lettered') AS dead,
              countIf(Outcome = 'discarded') AS discarded, count() - uniqExact(TraceId, SpanId) AS repeated
            FROM messages WHERE Flow = {flow:String} AND Operation = 'process' AND MessageId IN {ids:Array(String)} LIMIT 1`,
      params: { flow, ids: messageIds },
      schema: z.object({
        delivered: z.coerce.number(),
        dead: z.coerce.number(),
        discarded: z.coerce.number(),
        repeated: z.coerce.number(),
      }),
    });
    if (!row) throw new Error('No row.');
    return row;
  }
});

function headerOf(letter: GetMessage | undefined, name: string): string {
  return String(letter?.properties.headers?.[name] ?? '');
}
