/**
 * Sends and intake of messages of 1 kB over private brokers with durable settings, each beside what the bare client does:
 * `npm run bench:transports [-- name…]`. The last line is one JSON object.
 */
import { createClient } from '@redis/client';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect as connectNats } from '@nats-io/transport-node';
import { Admin, Producer } from '@platformatic/kafka';
import { connect as connectRabbitMq } from 'amqplib';
import { availableParallelism, loadavg } from 'node:os';
import { openKafka } from '@plumbline/control-plane/transports/kafka.ts';
import { openNats } from '@plumbline/control-plane/transports/nats.ts';
import type { OpenTransport, Outgoing, Transport } from '@plumbline/control-plane/transports/port.ts';
import { openRabbitmq } from '@plumbline/control-plane/transports/rabbitmq.ts';
import { openRedis } from '@plumbline/control-plane/transports/redis.ts';
import type { Broker } from '../brokers/broker.ts';
import { startKafka } from '../brokers/kafka.ts';
import { startNats } from '../brokers/nats.ts';
import { startRabbitMq } from '../brokers/rabbitmq.ts';
import { startRedis } from '../brokers/redis.ts';

const messages = 50_000;
const batchSize = 1000;
const body = Buffer.alloc(1000, 120);
const never = new AbortController().signal;

interface Subject {
  readonly start: () => Promise<Broker>;
  readonly open: OpenTransport;
  /** Makes two places and answers how the bare client sends a batch to the second. */
  readonly prepare: (url: string) => Promise<{ send: () => Promise<unknown>; end: () => unknown }>;
}

const subjects: Readonly<Record<string, Subject>> = {
  'rabbitmq-classic': rabbitMq({}),
  'rabbitmq-quorum': rabbitMq({ 'x-queue-type': 'quorum' }),
  kafka: { start: startKafka, open: openKafka, prepare: prepareKafka },
  nats: { start: startNats, open: openNats, prepare: prepareNats },
  redis: { start: startRedis, open: openRedis, prepare: prepareRedis },
};

const asked = process.argv.slice(2);
const results: Record<string, unknown> = {};
for (const [name, subject] of Object.entries(subjects))
  if (asked.length === 0 || asked.includes(name)) results[name] = await measure(name, subject);
console.log(
  JSON.stringify({
    messages,
    bytes: body.length,
    batchSize,
    cores: availableParallelism(),
    load: loadavg(),
    results,
  }),
);

async function measure(name: string, subject: Subject) {
  const broker = await subject.start();
  const { send, end } = await subject.prepare(broker.url);
  const raw = await rate(`${name}: the client alone`, async () => {
    for (let sent = 0; sent < messages; sent += batchSize) await send();
  });
  await end();
  const transport = subject.open(broker.url, { application: 'bench', now: () => new Date() });
  const sends = await rate(`${name}: sends`, () => sendAll(transport));
  const intake = await rate(`${name}: intake`, () => takeAll(transport));
  await transport.close();
  await broker.close();
  return { raw, sends, intake };
}

async function sendAll(transport: Transport): Promise<void> {
  for (let sent = 0; sent < messages; sent += batchSize) {
    const batch = Array.from({ length: batchSize }, (_, n) => outgoing(sent + n));
    const answers = await transport.send('bench', batch, never);
    const refused = answers.find(({ kind }) => kind !== 'accepted');
    if (refused) throw new Error(`A send was not accepted: ${JSON.stringify(refused)}`);
  }
}

function takeAll(transport: Transport): Promise<void> {
  const stop = new AbortController();
  let stored = 0;
  return transport.tail('bench', {
    batchMax: batchSize,
    lingerMs: 50,
    stop: stop.signal,
    store: async (batch) => {
      stored += batch.length;
      if (stored >= messages) stop.abort();
    },
  });
}

function outgoing(n: number): Outgoing {
  const id = `m${n}`;
  return {
    messageId: id,
    deduplicationId: `${id}/1`,
    body,
    headers: [],
    key: Buffer.from(id),
    partition: null,
    contentType: null,
  };
}

async function rate(name: string, work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  const perSecond = Math.round((messages / (performance.now() - startedMs)) * 1000);
  console.log(`${name}: ${perSecond} messages/s`);
  return perSecond;
}

function rabbitMq(queueArguments: Record<string, unknown>): Subject {
  return {
    start: startRabbitMq,
    open: openRabbitmq,
    async prepare(url) {
      const connection = await connectRabbitMq(url);
      const channel = await connection.createConfirmChannel();
      for (const queue of ['bench', 'raw'])
        await channel.assertQueue(queue, { durable: true, arguments: queueArguments });
      return {
        send: () => {
          for (let n = 0; n < batchSize; n += 1)
            channel.sendToQueue('raw', body, { persistent: true, mandatory: true, messageId: `m${n}` });
          return channel.waitForConfirms();
        },
        async end() {
          await channel.deleteQueue('raw');
          await connection.close();
        },
      };
    },
  };
}

async function prepareKafka(url: string) {
  const bootstrapBrokers = [new URL(url).host];
  const admin = new Admin({ clientId: 'bench', bootstrapBrokers });
  await admin.createTopics({ topics: ['bench', 'raw'], partitions: 3, replicas: 1 });
  await admin.close();
  const producer = new Producer({ clientId: 'bench', bootstrapBrokers });
  const records = Array.from({ length: batchSize }, (_, n) => ({
    topic: 'raw',
    key: Buffer.from(`${n}`),
    value: body,
  }));
  return { send: () => producer.send({ acks: -1, messages: records }), end: () => producer.close() };
}

async function prepareNats(url: string) {
  const connection = await connectNats({ servers: new URL(url).host });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: 'BENCH', subjects: ['bench'] });
  await manager.streams.add({ name: 'RAW', subjects: ['raw'] });
  const client = manager.jetstream();
  return {
    send: () => Promise.all(Array.from({ length: batchSize }, () => client.publish('raw', body))),
    end: () => connection.close(),
  };
}

async function prepareRedis(url: string) {
  const client = createClient({ url });
  await client.connect();
  for (const stream of ['bench', 'raw'])
    await client.sendCommand(['XGROUP', 'CREATE', stream, 'bench', '0', 'MKSTREAM']);
  const command = ['XADD', 'raw', '*', 'body', body, 'message-id', 'm'];
  return {
    send: () => Promise.all(Array.from({ length: batchSize }, () => client.sendCommand(command))),
    end: () => client.destroy(),
  };
}
