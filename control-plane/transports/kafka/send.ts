import { murmur2, type MessageRecord } from '@platformatic/kafka';
import { withIdentity } from '../headers.ts';
import type { Outgoing, SendResult } from '../port.ts';
import type { KafkaClient } from './client.ts';
import { hopeless, sentenceOf } from './failure.ts';
import { openLane, type Lane } from './lane.ts';

/** One request stays below the megabyte that a topic takes by default, its headers included. */
const requestBytesMax = 768 * 1024;
const requestRecordsMax = 1000;
const lanesMax = 10_000;

interface Placed {
  readonly record: MessageRecord;
  readonly index: number;
}

export type Send = (topic: string, batch: readonly Outgoing[], signal: AbortSignal) => Promise<SendResult[]>;

/** Sends batches: one lane a partition, lanes beside each other, at most `inFlightMax` records unanswered. */
export function openSender(client: KafkaClient, inFlightMax: number): Send {
  const lanes = new Map<string, Lane>();
  const requestRecords = Math.min(requestRecordsMax, inFlightMax);
  const lanesAtOnce = Math.max(1, Math.floor(inFlightMax / requestRecords));

  function laneOf(topic: string, partition: number): Lane {
    const key = `${topic}/${partition}`;
    const known = lanes.get(key);
    if (known) return known;
    // Forgetting a lane costs it its session, nothing else; a cluster of this size is rare.
    if (lanes.size >= lanesMax) lanes.clear();
    const lane = openLane(client, topic, partition);
    lanes.set(key, lane);
    return lane;
  }

  return async (topic, batch, signal) => {
    const refuse = (reason: string, retryable: boolean): SendResult[] =>
      batch.map(() => ({ kind: 'refused', reason, retryable }));
    if (batch.length === 0) return [];
    if (signal.aborted) return refuse('The replay was stopped first.', true);
    let partitions: number;
    try {
      partitions = await countPartitions(client, topic);
    } catch (error) {
      const sentence = hopeless(error, topic);
      return refuse(sentence ?? `Kafka cannot be reached: ${sentenceOf(error)}`, sentence === undefined);
    }
    const results = refuse('The replay was stopped first.', true);
    const waiting = [...placeByPartition(topic, batch, partitions)];
    const worker = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [partition, placed] = next;
        for (const request of splitIntoRequests(placed, requestRecords)) {
          const answers = await laneOf(topic, partition).deliver(
            request.map(({ record }) => record),
            signal,
          );
          for (const [nth, { index }] of request.entries()) {
            const answer = answers[nth];
            if (answer) results[index] = answer;
          }
        }
      }
    };
    await Promise.all(Array.from({ length: lanesAtOnce }, worker));
    return results;
  };
}

async function countPartitions(client: KafkaClient, topic: string): Promise<number> {
  const metadata = await client.metadata(topic);
  const count = metadata.topics.get(topic)?.partitionsCount ?? 0;
  if (count === 0) throw new Error(`it does not say how many partitions ${topic} has`);
  return count;
}

function placeByPartition(
  topic: string,
  batch: readonly Outgoing[],
  partitions: number,
): Map<number, Placed[]> {
  const placed = new Map<number, Placed[]>();
  for (const [index, outgoing] of batch.entries()) {
    const partition = choosePartition(outgoing, partitions);
    const group = placed.get(partition) ?? [];
    group.push({ record: toRecord(topic, partition, outgoing), index });
    placed.set(partition, group);
  }
  return placed;
}

/**
 * The partition that it came from when the topic has it, else the one that Java's producers give its key; without a
 * key one that its id decides, so that a second send of it goes there too.
 */
export function choosePartition(outgoing: Outgoing, partitions: number): number {
  if (outgoing.partition !== null && outgoing.partition < partitions) return outgoing.partition;
  const decides = outgoing.key ?? Buffer.from(outgoing.messageId);
  return (murmur2(decides) & 0x7fffffff) % partitions;
}

/** A Map keyed by fresh Buffers holds equal names apart, so doubled headers survive in their order. */
function toRecord(topic: string, partition: number, outgoing: Outgoing): MessageRecord {
  return {
    topic,
    partition,
    ...(outgoing.key === null ? {} : { key: outgoing.key }),
    // The client's type leaves no room for a tombstone, its encoder does.
    value: outgoing.body as Buffer,
    headers: new Map(withIdentity(outgoing).map(([name, value]) => [Buffer.from(name), value])),
  };
}

function* splitIntoRequests(placed: readonly Placed[], recordsMax: number): Generator<Placed[]> {
  let request: Placed[] = [];
  let bytes = 0;
  for (const item of placed) {
    const itemBytes = sizeOf(item.record);
    if (request.length > 0 && (request.length >= recordsMax || bytes + itemBytes > requestBytesMax)) {
      yield request;
      request = [];
      bytes = 0;
    }
    request.push(item);
    bytes += itemBytes;
  }
  if (request.length > 0) yield request;
}

/** Bytes on the wire, a little too many: each length takes up to five. */
function sizeOf(record: MessageRecord): number {
  let bytes = 40 + (record.key?.length ?? 0) + ((record.value as Buffer | null)?.length ?? 0);
  for (const [name, value] of record.headers ?? []) bytes += 10 + name.length + value.length;
  return bytes;
}
