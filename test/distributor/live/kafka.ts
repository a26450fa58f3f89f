import {
  Admin,
  Consumer,
  Producer,
  stringDeserializers,
  stringSerializers,
  type Message as KafkaMessage,
} from '@platformatic/kafka';
import { setTimeout as sleep } from 'node:timers/promises';
import { flowSpecs, flowSpec, partitionOf, type FlowSpec, type TransportSpec } from '../business/flows.ts';
import type { Message } from '../business/types.ts';
import { createMarks } from './kafka-marks.ts';
import { headersOfDeath, isDeath } from './letters.ts';
import { handleOnceUp, inHandMax, type QueueOptions, type QueuePost } from './queue-post.ts';
import { bodyOf, headersOf, readDelivery, type WireHeaders } from './wire.ts';

type Kafka = Extract<TransportSpec, { kind: 'kafka' }>;
type Texts = Producer<string, string, string, string>;
type TextConsumer = Consumer<string, string, string, string>;
type Arrived = KafkaMessage<string, string, string, string>;

const connectWithinMs = 3000;
const clientId = 'plumbline-distributor';

/** Makes topics and dead-letter topics where they are missing, and starts every consumer. Rejects without a broker. */
export async function openTopicPost(options: QueueOptions): Promise<QueuePost> {
  const { url, emit, now, stop, lost } = options;
  const base: Base = {
    clientId,
    bootstrapBrokers: brokersOf(url),
    connectTimeout: connectWithinMs,
    retries: 1,
  };
  const topics = flowSpecs.flatMap((spec) =>
    spec.transport.kind === 'kafka' ? [{ spec, transport: spec.transport }] : [],
  );
  await makeTopics(
    new Admin(base),
    topics.map(({ transport }) => transport),
  );
  const producer: Texts = new Producer({ ...base, serializers: stringSerializers, acks: -1 });
  const consumers = topics.map(({ transport }) => openConsumer(base, transport));
  let closing: Promise<unknown> | undefined;
  const close = (): Promise<unknown> =>
    (closing ??= Promise.allSettled([...consumers.map((one) => one.close(true)), producer.close(true)]));
  /** One consumer that breaks ends them all: the connection is made anew as a whole. */
  const gone = (reason: string): void => {
    if (closing === undefined && !stop.aborted) lost(reason);
    void close();
  };
  try {
    for (const [index, { spec, transport }] of topics.entries()) {
      const consumer = consumers[index];
      if (consumer) await consume(consumer, producer, spec, transport, { ...options, lost: gone });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    async send(message) {
      const { transport } = flowSpec(message.flow);
      if (transport.kind !== 'kafka') throw new Error(`${message.flow} does not travel through Kafka.`);
      const atMs = now();
      await produce(
        producer,
        transport,
        transport.topic,
        message,
        headersOf(message, 1, atMs, sendSpan(message)),
      );
      emit({ kind: 'sent', atMs, durationMs: now() - atMs, message });
    },
    async close() {
      await close();
    },
  };
}

interface Base {
  readonly clientId: string;
  readonly bootstrapBrokers: string[];
  readonly connectTimeout: number;
  readonly retries: number;
}

function openConsumer(base: Base, { group }: Kafka): TextConsumer {
  return new Consumer({
    ...base,
    groupId: group,
    deserializers: stringDeserializers,
    autocommit: false,
    maxWaitTime: 250,
    highWaterMark: inHandMax,
  });
}

/** `kafka://host:9092,host:9092`: the brokers of a test or a demo ask for no password. */
function brokersOf(url: string): string[] {
  return url
    .replace(/^kafka:\/\//, '')
    .replace(/\/$/, '')
    .split(',');
}

async function makeTopics(admin: Admin, transports: readonly Kafka[]): Promise<void> {
  try {
    const known = new Set(await admin.listTopics());
    for (const { topic, partitions } of transports) {
      for (const name of [topic, deadTopic(topic)]) {
        if (!known.has(name)) await admin.createTopics({ topics: [name], partitions, replicas: 1 });
      }
    }
  } finally {
    await admin.close();
  }
}

function deadTopic(topic: string): string {
  return `${topic}.dead`;
}

function sendSpan(message: Message): string {
  return `${message.id} send`;
}

async function produce(
  producer: Texts,
  transport: Kafka,
  topic: string,
  message: Message,
  headers: WireHeaders,
): Promise<void> {
  const key = message.keys[0] ?? message.id;
  const partition = partitionOf(transport, message);
  await producer.send({ messages: [{ topic, partition, key, value: bodyOf(message), headers }] });
}

async function consume(
  consumer: TextConsumer,
  producer: Texts,
  spec: FlowSpec,
  transport: Kafka,
  { desk, emit, now, stop, lost }: QueueOptions,
): Promise<void> {
  const { topic } = transport;
  const marks = createMarks();
  const work = async (arrived: Arrived): Promise<void> => {
    const headers = Object.fromEntries(arrived.headers);
    const delivery = readDelivery(spec.name, arrived.value ?? '', headers, now());
    if (!delivery) return forward(producer, arrived, deadTopic(topic));
    const { message, sentAtMs } = delivery;
    const { startedAtMs, retryAfterMs, ...rest } = await handleOnceUp(desk, delivery, now, stop);
    const step = { kind: 'attempted', atMs: startedAtMs, message, sentAtMs, ...rest } as const;
    emit(step);
    if (isDeath(step)) {
      const told = headersOf(message, rest.attempt, sentAtMs, sendSpan(message));
      await produce(producer, transport, deadTopic(topic), message, { ...told, ...headersOfDeath(step) });
    } else if (retryAfterMs !== undefined) {
      await sleep(retryAfterMs, undefined, { signal: stop });
      const told = headersOf(message, rest.attempt + 1, sentAtMs, sendSpan(message));
      await produce(producer, transport, topic, message, told);
    }
  };
  const take = async (arrived: Arrived): Promise<void> => {
    await work(arrived);
    const mark = marks.done(arrived.partition, arrived.offset);
    if (mark) await consumer.commit({ offsets: [{ topic, ...mark, leaderEpoch: arrived.leaderEpoch }] });
  };
  const stream = await consumer.consume({
    topics: [topic],
    mode: 'committed',
    fallbackMode: 'earliest',
    autocommit: false,
  });
  // Failures reach us through the iterator; without a listener one that comes later would end the process.
  stream.on('error', () => undefined);
  const inHand = new Set<Promise<void>>();
  const run = async (): Promise<void> => {
    for await (const arrived of stream) {
      marks.begun(arrived.partition, arrived.offset);
      // What fails here is not marked as done, and so it comes again after a restart.
      const taken: Promise<void> = take(arrived)
        .catch(() => undefined)
        .finally(() => inHand.delete(taken));
      inHand.add(taken);
      if (inHand.size >= inHandMax) await Promise.race(inHand);
    }
  };
  run().then(
    () => lost('the stream of records ended'),
    (error: unknown) => lost(error instanceof Error ? error.message : String(error)),
  );
}

/** What is no message of ours dies as it came. */
async function forward(producer: Texts, { key, value, headers }: Arrived, topic: string): Promise<void> {
  await producer.send({ messages: [{ topic, key, value, headers }] });
}
