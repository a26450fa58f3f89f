import { Consumer, type GroupAssignment, type Message } from '@platformatic/kafka';
import { inBatches } from '../in-batches.ts';
import { backoffMs, pause } from '../pause.ts';
import type { TailOptions } from '../port.ts';
import { unlessStopped } from '../unless-stopped.ts';
import type { KafkaAddress } from './address.ts';
import type { KafkaClient } from './client.ts';
import { readDeadLetter } from './dead-letter.ts';
import { brokerCode, hopeless, sentenceOf } from './failure.ts';

const fetchBytesMax = 4 * 1024 * 1024;
/** After a restart a broker may deny for a moment what it has. */
const hopelessTimesMax = 3;

/** Tails a topic as a member of a consumer group until stopped. Offsets are committed after `store`, never before. */
export async function tailTopic(
  client: KafkaClient,
  address: KafkaAddress,
  group: string,
  topic: string,
  options: TailOptions,
): Promise<void> {
  let failures = 0;
  let hopelessTimes = 0;
  while (!options.stop.aborted) {
    try {
      await unlessStopped(client.metadata(topic), options.stop);
      if (options.stop.aborted) return;
      await consume(client, address, group, topic, options, () => {
        failures = 0;
        hopelessTimes = 0;
        options.onState?.('connected', `Reading the topic ${topic} in the group ${group}.`);
      });
    } catch (error) {
      if (options.stop.aborted) return;
      const sentence = hopeless(error, topic);
      hopelessTimes = sentence ? hopelessTimes + 1 : 0;
      if (sentence && hopelessTimes >= hopelessTimesMax) throw new Error(sentence, { cause: error });
      if (failures === 0) options.onState?.('disconnected', `Kafka was lost: ${sentenceOf(error)}.`);
      await pause(backoffMs(failures), options.stop);
      failures += 1;
      client.producer.clearMetadata();
    }
  }
}

/** One membership: ends when stopped, rejects when it breaks. */
async function consume(
  client: KafkaClient,
  address: KafkaAddress,
  group: string,
  topic: string,
  options: TailOptions,
  connected: () => void,
): Promise<void> {
  const consumer = new Consumer({
    ...address.client,
    clientId: client.producer.clientId,
    groupId: group,
    autocommit: false,
    retries: 2,
    retryDelay: 250,
    sessionTimeout: 6000,
    rebalanceTimeout: 30_000,
    heartbeatInterval: 1000,
    maxWaitTime: 250,
    maxBytes: fetchBytesMax,
    highWaterMark: options.batchMax,
  });
  const close = () => void consumer.close(true).catch(() => undefined);
  options.stop.addEventListener('abort', close, { once: true });
  try {
    const opened = consumer
      .consume({ topics: [topic], mode: 'committed', fallbackMode: 'earliest', autocommit: false })
      .then((stream) => {
        // Failures reach us through the iterator; without a listener one that comes later, or to a stream that opens
        // after we were told to stop, would end the process.
        stream.on('error', () => undefined);
        return stream;
      });
    const stream = await unlessStopped(opened, options.stop);
    if (!stream) return;
    connected();
    for await (const batch of inBatches(stream[Symbol.asyncIterator](), options.batchMax, options.lingerMs)) {
      if (!(await storeUntilDone(batch, options))) return;
      await commit(consumer, topic, batch);
    }
    if (!options.stop.aborted) throw new Error('the stream of records ended');
  } finally {
    options.stop.removeEventListener('abort', close);
    await consumer.close(true).catch(() => undefined);
  }
}

/** Tries the same batch again, so that nothing behind it overtakes it. False: stopped before it was stored. */
async function storeUntilDone(batch: readonly Message[], options: TailOptions): Promise<boolean> {
  const arrivals = batch.map(readDeadLetter);
  for (let nth = 0; !options.stop.aborted; nth += 1) {
    try {
      await options.store(arrivals);
      return true;
    } catch {
      await pause(backoffMs(nth), options.stop);
    }
  }
  return false;
}

/**
 * Only of partitions that are still ours, so that a batch from before a rebalance does not move the mark of their
 * new owner back. A commit that a rebalance forbids is left out: those records come again, under the same ids.
 */
async function commit(consumer: Consumer, topic: string, batch: readonly Message[]): Promise<void> {
  const last = new Map<number, Message>();
  for (const message of batch) last.set(message.partition, message);
  const owned = ownedPartitions(consumer.assignments, topic);
  const offsets = [...last.values()]
    .filter(({ partition }) => owned.has(partition))
    .map(({ partition, offset, leaderEpoch }) => ({ topic, partition, offset: offset + 1n, leaderEpoch }));
  if (offsets.length === 0) return;
  try {
    await consumer.commit({ offsets });
  } catch (error) {
    if (!isRebalance(brokerCode(error))) throw error;
  }
}

function ownedPartitions(assignments: GroupAssignment[] | null, topic: string): Set<number> {
  return new Set(assignments?.filter((a) => a.topic === topic).flatMap((a) => a.partitions) ?? []);
}

function isRebalance(code: string | undefined): boolean {
  return code === 'REBALANCE_IN_PROGRESS' || code === 'ILLEGAL_GENERATION' || code === 'UNKNOWN_MEMBER_ID';
}
