import {
  Admin,
  ConfigResourceTypes,
  Consumer,
  FetchIsolationLevels,
  ListOffsetTimestamps,
} from '@platformatic/kafka';
import type { Arrival, Promises } from '../port.ts';
import type { KafkaAddress } from './address.ts';
import type { KafkaClient } from './client.ts';
import { readDeadLetter } from './dead-letter.ts';
import { hopeless, sentenceOf } from './failure.ts';

/** What lies between the mark of the group and the end of the log. */
interface Waiting {
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
}

const fetchBytesMax = 4 * 1024 * 1024;
/** Aborted transactions and compaction leave gaps, so a fetch may bring nothing; so many in a row end a look. */
const emptyFetchesMax = 5;

/** Questions to a cluster that change nothing in it. */
export function openLook(client: KafkaClient, address: KafkaAddress, groupOf: (topic: string) => string) {
  const admin = new Admin({
    ...address.client,
    clientId: client.producer.clientId,
    retries: 2,
    retryDelay: 200,
    requestTimeout: client.answerWithinMs,
  });

  async function waiting(topic: string): Promise<Waiting[]> {
    const partitions = await partitionsOf(client, topic);
    const listed = async (timestamp: bigint) => {
      const asked = partitions.map(({ partition }) => ({ partitionIndex: partition, timestamp }));
      const [answer] = await admin.listOffsets({
        topics: [{ name: topic, partitions: asked }],
        isolationLevel: FetchIsolationLevels.READ_COMMITTED,
      });
      return new Map(answer?.partitions.map((p) => [p.partitionIndex, p.offset]));
    };
    const [first, end, committed] = await Promise.all([
      listed(ListOffsetTimestamps.EARLIEST),
      listed(ListOffsetTimestamps.LATEST),
      committedOffsets(
        admin,
        groupOf(topic),
        topic,
        partitions.map((p) => p.partition),
      ),
    ]);
    return partitions.map(({ partition }) => {
      const start = first.get(partition) ?? 0n;
      const mark = committed.get(partition) ?? -1n;
      const to = end.get(partition) ?? 0n;
      return { partition, from: mark >= start && mark <= to ? mark : start, to };
    });
  }

  return {
    /** Records between mark and end: a little too many where transactions or compaction left gaps. */
    async depth(topic: string): Promise<number> {
      const spans = await orSentence(waiting(topic), topic);
      return Number(spans.reduce((sum, { from, to }) => sum + (to - from), 0n));
    },
    async browse(topic: string, limit: number, signal: AbortSignal): Promise<Arrival[]> {
      const consumer = new Consumer({
        ...address.client,
        clientId: client.producer.clientId,
        groupId: groupOf(topic),
        retries: 2,
        retryDelay: 200,
        maxWaitTime: 250,
        maxBytes: fetchBytesMax,
      });
      try {
        consumer.topics.track(topic);
        const spans = await orSentence(waiting(topic), topic);
        return await orSentence(readSpans(client, consumer, topic, spans, limit, signal), topic);
      } finally {
        await consumer.close(true).catch(() => undefined);
      }
    },
    promises: (topic: string) => orSentence(readPromises(client, admin, topic), topic),
    close: () => admin.close(),
  };
}

/** Reads without joining the group, so nothing is committed and nobody is rebalanced. */
async function readSpans(
  client: KafkaClient,
  consumer: Consumer,
  topic: string,
  spans: readonly Waiting[],
  limit: number,
  signal: AbortSignal,
): Promise<Arrival[]> {
  const arrivals: Arrival[] = [];
  for (const { partition, from, to } of spans) {
    let next = from;
    for (let empty = 0; next < to && empty < emptyFetchesMax && arrivals.length < limit;) {
      if (signal.aborted) return arrivals;
      const { records, upTo } = await fetchFrom(client, consumer, topic, partition, next);
      empty = records.length === 0 && upTo === next ? empty + 1 : 0;
      next = upTo;
      arrivals.push(...records.slice(0, limit - arrivals.length));
    }
  }
  return arrivals;
}

async function fetchFrom(
  client: KafkaClient,
  consumer: Consumer,
  topic: string,
  partition: number,
  offset: bigint,
): Promise<{ records: Arrival[]; upTo: bigint }> {
  const metadata = (await client.metadata(topic)).topics.get(topic);
  const response = await consumer.fetch({
    node: metadata?.partitions[partition]?.leader ?? -1,
    topics: [
      {
        topicId: metadata?.id ?? '',
        partitions: [
          {
            partition,
            fetchOffset: offset,
            partitionMaxBytes: fetchBytesMax,
            currentLeaderEpoch: -1,
            lastFetchedEpoch: -1,
          },
        ],
      },
    ],
  });
  let upTo = offset;
  const records: Arrival[] = [];
  for (const batch of response.responses.flatMap((r) => r.partitions).flatMap((p) => p.records ?? [])) {
    upTo = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
    // Bit 5 marks what transactions write for themselves.
    if (batch.attributes & 0x20) continue;
    for (const record of batch.records) {
      const at = batch.firstOffset + BigInt(record.offsetDelta);
      if (at < offset) continue;
      const timestamp = batch.firstTimestamp + record.timestampDelta;
      const { key, value, headers: headerEntries } = record;
      records.push(readDeadLetter({ topic, partition, offset: at, timestamp, key, value, headerEntries }));
    }
  }
  return { records, upTo };
}

async function committedOffsets(
  admin: Admin,
  groupId: string,
  topic: string,
  partitionIndexes: number[],
): Promise<Map<number, bigint>> {
  const groups = await admin.listConsumerGroupOffsets({
    groups: [{ groupId, topics: [{ name: topic, partitionIndexes }] }],
  });
  const partitions = groups[0]?.topics.find(({ name }) => name === topic)?.partitions ?? [];
  return new Map(partitions.map((p) => [p.partitionIndex, p.committedOffset]));
}

async function partitionsOf(client: KafkaClient, topic: string) {
  const metadata = (await client.metadata(topic)).topics.get(topic);
  return (metadata?.partitions ?? []).map((p, partition) => ({ partition, replicas: p.replicas.length }));
}

const asked = [
  'min.insync.replicas',
  'cleanup.policy',
  'retention.ms',
  'flush.messages',
  'unclean.leader.election.enable',
];

/** Durable is what outlives the crash of one machine: two copies at least before the answer, or one on disk. */
async function readPromises(client: KafkaClient, admin: Admin, topic: string): Promise<Promises> {
  const partitions = await partitionsOf(client, topic);
  const replicas = Math.min(...partitions.map((p) => p.replicas));
  const [described] = await admin.describeConfigs({
    resources: [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: topic, configurationKeys: asked }],
  });
  const value = (name: string) => described?.configs.find((config) => config.name === name)?.value ?? '';
  const inSync = Math.min(replicas, Number(value('min.insync.replicas') || 1));
  const unclean = value('unclean.leader.election.enable') === 'true';
  const durable = value('flush.messages') === '1' || (inSync >= 2 && !unclean);
  return {
    durable: durable ? 'yes' : 'no',
    unroutableNoticed: true,
    deduplicates: null,
    keepsOrder: true,
    note: [
      `${count(partitions.length, 'partition')}, ${count(replicas, 'copy')}, ${inSync} of them written before the answer`,
      durable ? '' : whyNotDurable(replicas, inSync, unclean),
      value('cleanup.policy').includes('compact')
        ? 'compacted: a later record with the same key replaces this one'
        : '',
      value('cleanup.policy').includes('delete') ? retention(value('retention.ms')) : '',
    ]
      .filter((part) => part !== '')
      .join('; ')
      .concat('.'),
  };
}

function whyNotDurable(replicas: number, inSync: number, unclean: boolean): string {
  if (replicas < 2) return 'the crash of its machine can lose what was accepted: give the topic three copies';
  if (inSync < 2) return 'the crash of one machine can lose what was accepted: set min.insync.replicas to 2';
  return unclean ? 'a copy that lags may become the leader: set unclean.leader.election.enable to false' : '';
}

function retention(ms: string): string {
  const days = Number(ms) / 86_400_000;
  if (!(days > 0)) return 'kept for ever';
  return days >= 1
    ? `kept for ${count(Math.round(days), 'day')}`
    : `kept for ${Math.round(days * 24 * 60)} minutes`;
}

function count(number: number, noun: string): string {
  if (number === 1) return `1 ${noun}`;
  return `${number} ${noun.endsWith('y') && !/[aeo]y$/.test(noun) ? `${noun.slice(0, -1)}ie` : noun}s`;
}

async function orSentence<T>(answer: Promise<T>, topic: string): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const sentence = hopeless(error, topic) ?? `Kafka cannot be asked: ${sentenceOf(error)}.`;
    throw new Error(sentence, { cause: error });
  }
}
