/** Where dead letters of `intake.ts` come from, and the limits beside which its figures stand. */
import { randomUUID } from 'node:crypto';
import { Admin, Consumer, Producer } from '@platformatic/kafka';
import { packBytes } from '@plumbline/control-plane/dead-letters/pack-bytes.ts';
import type { Postgres } from '@plumbline/model/postgres/pool.ts';
import { connect } from 'amqplib';
import { startKafka } from '../brokers/kafka.ts';
import { startRabbitMq } from '../brokers/rabbitmq.ts';
import { flowOf, headersOf } from './intake-messages.ts';

/** A broker with durable queues. */
export interface Queues {
  readonly url: string;
  /** Makes the queue where it is not there, and puts messages into it that survive a crash. */
  fill(queue: string, bodies: readonly Buffer[]): Promise<void>;
  /** Reads and acknowledges that many with the bare client, in batches as large as those of intake. */
  read(queue: string, messages: number): Promise<void>;
  close(): Promise<void>;
}

const batchMax = 500;
/** Bytes of one request and of one batch at a producer. */
const requestBytesMax = 4_000_000;
const requestsAtOnce = 4;

export async function openRabbitQueues(): Promise<Queues> {
  const broker = await startRabbitMq();
  const connection = await connect(broker.url);
  return {
    url: broker.url,
    async fill(queue, bodies) {
      const channel = await connection.createConfirmChannel();
      await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
      for (const [n, body] of bodies.entries()) {
        const headers = Object.fromEntries(headersOf(n));
        channel.sendToQueue(queue, body, { persistent: true, messageId: `${queue}-${n}`, headers });
        if (n % batchMax === 0) await channel.waitForConfirms();
      }
      await channel.waitForConfirms();
      await channel.close();
    },
    async read(queue, messages) {
      const channel = await connection.createChannel();
      await channel.prefetch(2 * batchMax);
      const done = Promise.withResolvers<void>();
      let read = 0;
      await channel.consume(queue, (message) => {
        if (!message) return;
        read += 1;
        if (read % batchMax === 0 || read === messages) channel.ack(message, true);
        if (read === messages) done.resolve();
      });
      await done.promise;
      await channel.close();
    },
    async close() {
      await connection.close();
      await broker.close();
    },
  };
}

export async function openKafkaQueues(): Promise<Queues> {
  const broker = await startKafka();
  const bootstrapBrokers = [new URL(broker.url).host];
  const admin = new Admin({ clientId: 'bench', bootstrapBrokers });
  const producer = new Producer({ clientId: 'bench', bootstrapBrokers });
  const made = new Set<string>();
  return {
    url: broker.url,
    async fill(topic, bodies) {
      if (!made.has(topic)) await admin.createTopics({ topics: [topic], partitions: 3, replicas: 1 });
      made.add(topic);
      const records = bodies.map((value, n) => ({
        topic,
        key: Buffer.from(`${n}`),
        value,
        headers: new Map(
          [...headersOf(n), ['message-id', `${topic}-${n}`]].map(([k = '', v = '']) => [
            Buffer.from(k),
            Buffer.from(v),
          ]),
        ),
      }));
      // A broker takes a megabyte at once in each partition, as it is delivered.
      for (const messages of partsOf(records, ({ value }) => value.length, 900_000))
        await producer.send({ acks: -1, messages });
    },
    async read(topic, messages) {
      const consumer = new Consumer({
        clientId: 'bench',
        groupId: `bench-${topic}`,
        bootstrapBrokers,
        autocommit: false,
        maxBytes: 4 * 1024 * 1024,
        maxWaitTime: 250,
        highWaterMark: batchMax,
      });
      const stream = await consumer.consume({
        topics: [topic],
        mode: 'committed',
        fallbackMode: 'earliest',
        autocommit: false,
      });
      let read = 0;
      for await (const message of stream) {
        read += 1;
        if (read % batchMax === 0 || read === messages) await message.commit();
        if (read === messages) break;
      }
      await consumer.close(true);
    },
    async close() {
      await Promise.all([producer.close(), admin.close()]);
      await broker.close();
    },
  };
}

/** Hands letters in over HTTP as middleware would: a few requests at once, each of some megabytes at most. */
export async function handIn(url: string, token: string, bodies: readonly Buffer[]): Promise<void> {
  const items = bodies.map((body, n) => ({
    flow: flowOf('api'),
    messageId: `api-${n}`,
    body: body.toString('utf8'),
    headers: headersOf(n),
    failedAt: '2026-01-01T00:00:00.000Z',
  }));
  const requests = partsOf(items, ({ body }) => body.length, requestBytesMax).values();
  const work = async () => {
    for (const part of requests) {
      const answer = await fetch(`${url}/api/v1/dead-letters`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ items: part }),
      });
      const text = await answer.text();
      if (answer.status !== 200) throw new Error(text);
    }
  };
  await Promise.all(Array.from({ length: requestsAtOnce }, work));
}

/** The same bytes into a table with a key and nothing else, one durable transaction a batch. */
export async function insertRaw(postgres: Postgres, bodies: readonly Buffer[]): Promise<void> {
  await postgres.query(
    'CREATE TABLE IF NOT EXISTS bench_raw (id uuid PRIMARY KEY, body bytea NOT NULL); TRUNCATE bench_raw',
  );
  for (const part of partsOf(bodies, ({ length }) => length, 32 * 1024 * 1024)) {
    const { bytes, starts, lengths } = packBytes(part);
    await postgres.query(
      `INSERT INTO bench_raw SELECT id, substring($2::bytea FROM at FOR bytes)
       FROM unnest($1::uuid[], $3::int[], $4::int[]) AS t (id, at, bytes)`,
      [part.map(() => randomUUID()), bytes, starts, lengths],
    );
  }
  await postgres.query('TRUNCATE bench_raw');
}

/** In their order, in parts of at most 500 and of at most that many bytes, or of one. */
function partsOf<Item>(items: readonly Item[], bytesOf: (item: Item) => number, bytesMax: number): Item[][] {
  const parts: Item[][] = [];
  let bytes = 0;
  for (const item of items) {
    const last = parts.at(-1);
    if (!last || last.length >= batchMax || bytes + bytesOf(item) > bytesMax) {
      parts.push([item]);
      bytes = bytesOf(item);
    } else {
      last.push(item);
      bytes += bytesOf(item);
    }
  }
  return parts;
}
