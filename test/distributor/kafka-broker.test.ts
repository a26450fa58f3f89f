import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@plumbline/deploy/local/process/ports.ts';
import {
  Consumer,
  Producer,
  stringDeserializers,
  stringSerializers,
  type Message,
  type MessagesStream,
} from '@platformatic/kafka';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Broker } from '../brokers/broker.ts';
import { startKafka, whyNoKafka } from '../brokers/kafka.ts';
import { breakSomething, totalsOf, until } from './stand/control-client.ts';
import { openStand, startDistributor, type RunningDistributor, type Stand } from './stand/stand.ts';

/** The live business over a real Kafka, whose records of one partition are handled side by side. */
const flow = 'erp-order-status-to-crm';
const topic = 'erp.order.status';
const stuck = 120;

describe.skipIf(whyNoKafka())('over Kafka', () => {
  let dataDir: string;
  let broker: Broker;
  let stand: Stand;
  let distributor: RunningDistributor;
  let consumer: Consumer<string, string, string, string>;
  let stream: MessagesStream<string, string, string, string>;
  const letters: Message<string, string, string, string>[] = [];

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'distributor-kafka-'));
    [broker, stand] = await Promise.all([startKafka(), openStand(dataDir)]);
    const port = await freePort('127.0.0.1');
    distributor = await startDistributor(['--days', '0', '--rate', '0.01', '--faults', 'none'], port, {
      PLUMBLINE_OTLP_URL: stand.otlpUrl,
      PLUMBLINE_DATA_DIR: dataDir,
      DATABASE_URL: stand.engines.databaseUrl,
      KAFKA_URL: broker.url,
    });
    const base = { clientId: 'test', bootstrapBrokers: [broker.url.replace('kafka://', '')] };
    consumer = new Consumer({ ...base, groupId: 'test', deserializers: stringDeserializers });
    await until(
      'the topics exist',
      async () =>
        (await consumer.metadata({ topics: [`${topic}.dead`] }).catch(() => undefined)) !== undefined,
    );
    stream = await consumer.consume({ topics: [`${topic}.dead`], mode: 'earliest' });
    stream.on('data', (letter) => letters.push(letter));
  }, 180_000);

  afterAll(async () => {
    await consumer?.close(true);
    await distributor?.stop();
    await stand?.stop();
    await broker?.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  test('an outage leaves all records in the dead-letter topic, and each takes effect once when it is sent again', async () => {
    const outage = { kind: 'outage', flow, minutes: 0.4, burst: stuck };
    const { messageIds, until: overAt } = await breakSomething(distributor.url, outage);
    const totals = () => totalsOf(distributor.url, messageIds);
    await until('all are dead', async () => Promise.resolve(letters.length === stuck));
    expect(await totals()).toEqual({ messages: stuck, delivered: 3 * stuck, effects: 0, doubled: 0 });
    const ids = letters.map(({ headers }) => headers.get('message-id') ?? '');
    expect(ids.sort()).toEqual([...messageIds].sort());
    expect(letters[0]?.headers.get('error-type')).toBe('PoolTimeoutError');

    await sleep(Math.max(0, Number(overAt) - Date.now()) + 100);
    const twice = 15;
    const producer = new Producer({
      clientId: 'test',
      bootstrapBrokers: [broker.url.replace('kafka://', '')],
      serializers: stringSerializers,
    });
    const again = [...letters, ...letters.slice(0, twice)];
    await producer.send({
      messages: again.map(({ key, value, headers, partition }) => ({
        topic,
        key,
        value,
        headers,
        partition,
      })),
    });
    await producer.close();
    await until('all took effect', async () => (await totals()).delivered === 4 * stuck + twice);
    await until('the last are through', async () => (await totals()).effects === stuck);
    expect(await totals()).toMatchObject({ messages: stuck, effects: stuck, doubled: 0 });
  });
});
