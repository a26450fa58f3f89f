/** Sends and intake of messages of 1 kB over a private broker: `node test/bench/transports.ts kafka|nats`. */
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Admin, Producer } from '@platformatic/kafka';
import { openKafka } from '@plumbline/control-plane/transports/kafka.ts';
import { openNats } from '@plumbline/control-plane/transports/nats.ts';
import type { Outgoing, Transport } from '@plumbline/control-plane/transports/port.ts';
import { startKafka } from '../brokers/kafka.ts';
import { startNats } from '../brokers/nats.ts';

const messages = 50_000;
const batchSize = 1000;
const destination = 'bench';
const body = Buffer.alloc(1000, 120);
const never = new AbortController().signal;
const options = { application: 'bench', now: () => new Date() };

if (process.argv[2] === 'nats') await benchNats();
else await benchKafka();

async function benchKafka(): Promise<void> {
  const broker = await startKafka();
  const bootstrapBrokers = [new URL(broker.url).host];
  const admin = new Admin({ clientId: 'bench', bootstrapBrokers });
  await admin.createTopics({ topics: [destination, 'raw'], partitions: 3, replicas: 1 });
  await admin.close();
  const producer = new Producer({ clientId: 'bench', bootstrapBrokers });
  const rawPerSecond = await rate('the client alone, acks=all', async () => {
    for (let sent = 0; sent < messages; sent += batchSize)
      await producer.send({
        acks: -1,
        messages: Array.from({ length: batchSize }, (_, n) => ({
          topic: 'raw',
          key: Buffer.from(`${n}`),
          value: body,
        })),
      });
  });
  await producer.close();
  await benchTransport(openKafka(broker.url, options), rawPerSecond);
  await broker.close();
}

async function benchNats(): Promise<void> {
  const broker = await startNats();
  const connection = await connect({ servers: new URL(broker.url).host });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: 'BENCH', subjects: [destination] });
  await manager.streams.add({ name: 'RAW', subjects: ['raw'] });
  const client = manager.jetstream();
  const rawPerSecond = await rate('the client alone', async () => {
    for (let sent = 0; sent < messages; sent += batchSize)
      await Promise.all(Array.from({ length: batchSize }, () => client.publish('raw', body)));
  });
  await connection.close();
  await benchTransport(openNats(broker.url, options), rawPerSecond);
  await broker.close();
}

async function benchTransport(transport: Transport, rawPerSecond: number): Promise<void> {
  const sends = await rate('sends', async () => {
    for (let sent = 0; sent < messages; sent += batchSize) {
      const batch = Array.from({ length: batchSize }, (_, n) => outgoing(sent + n));
      const results = await transport.send(destination, batch, never);
      if (results.some(({ kind }) => kind !== 'accepted')) throw new Error('A send was not accepted.');
    }
  });
  const stop = new AbortController();
  let stored = 0;
  const intake = await rate('intake', () =>
    transport.tail(destination, {
      batchMax: batchSize,
      lingerMs: 50,
      stop: stop.signal,
      store: async (batch) => {
        stored += batch.length;
        if (stored >= messages) stop.abort();
      },
    }),
  );
  console.log(
    `sends ${(sends / rawPerSecond).toFixed(2)}, intake ${(intake / rawPerSecond).toFixed(2)} of the client alone`,
  );
  await transport.close();
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
  const perSecond = (messages / (performance.now() - startedMs)) * 1000;
  console.log(`${name}: ${Math.round(perSecond)} messages/s`);
  return perSecond;
}
