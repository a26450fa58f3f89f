import { Admin, Consumer, FetchIsolationLevels, ListOffsetTimestamps } from '@platformatic/kafka';
import { type Look, type LookContext, onAbort, secondsSince } from '../look.ts';
import { parseKafkaUrl, type KafkaAddress } from './kafka-address.ts';

interface Behind {
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
}

const fetchBytesMax = 64 * 1024;
const partitionsAskedMax = 64;

/** How many messages a group is behind, and how old the oldest of those is. It joins no group and commits nothing. */
export const lookKafka: Look<'kafka'> = async (check, context) => {
  const address = parseKafkaUrl(context.connection(check.connection));
  const options = {
    ...address,
    clientId: 'plumbline-probe',
    // A coordinator that is just being found is no fault of the group.
    retries: 3,
    retryDelay: 300,
    connectTimeout: context.timeoutMs,
    requestTimeout: context.timeoutMs,
    timeout: context.timeoutMs,
  };
  const admin = new Admin(options);
  const forget = onAbort(context.signal, () => void admin.close().catch(() => undefined));
  try {
    context.note(`ask for ${check.group} on ${check.topic}`);
    const partitions = await partitionsOf(admin, check.topic);
    const behind = await whereBehind(admin, check.topic, check.group, partitions);
    const depth = Number(behind.reduce((sum, { from, to }) => sum + (to - from), 0n));
    const waiting = behind.filter(({ from, to }) => to > from).slice(0, partitionsAskedMax);
    const oldestMs = await oldestOf(options, check, waiting, partitions, context);
    const age = depth === 0 ? 0 : oldestMs === undefined ? undefined : secondsSince(oldestMs, context.now());
    context.note('counted', { depth, age, partitions: behind.length });
    return { values: { depth, partitions: behind.length, ...(age !== undefined && { age }) } };
  } finally {
    forget();
    await admin.close().catch(() => undefined);
  }
};

type Partitions = Readonly<{ id: string; leaders: readonly number[] }>;

async function partitionsOf(admin: Admin, topic: string): Promise<Partitions> {
  const found = (await admin.metadata({ topics: [topic], autocreateTopics: false })).topics.get(topic);
  if (found === undefined) throw new Error(`There is no topic "${topic}".`);
  return { id: found.id, leaders: found.partitions.map(({ leader }) => leader) };
}

async function whereBehind(
  admin: Admin,
  topic: string,
  groupId: string,
  { leaders }: Partitions,
): Promise<Behind[]> {
  const partitionIndexes = leaders.map((_, partition) => partition);
  const offsets = async (timestamp: bigint) => {
    const [answer] = await admin.listOffsets({
      topics: [
        {
          name: topic,
          partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, timestamp })),
        },
      ],
      isolationLevel: FetchIsolationLevels.READ_COMMITTED,
    });
    return new Map(answer?.partitions.map((each) => [each.partitionIndex, each.offset]));
  };
  const [first, end, groups] = await Promise.all([
    offsets(ListOffsetTimestamps.EARLIEST),
    offsets(ListOffsetTimestamps.LATEST),
    admin.listConsumerGroupOffsets({ groups: [{ groupId, topics: [{ name: topic, partitionIndexes }] }] }),
  ]);
  const committed = new Map(
    groups[0]?.topics
      .find(({ name }) => name === topic)
      ?.partitions.map((each) => [each.partitionIndex, each.committedOffset]),
  );
  return partitionIndexes.map((partition) => {
    const start = first.get(partition) ?? 0n;
    const to = end.get(partition) ?? 0n;
    // A group that never committed, or whose mark was deleted by retention, has everything that is left before it.
    const mark = committed.get(partition) ?? -1n;
    return { partition, from: mark < start ? start : mark > to ? to : mark, to };
  });
}

/** Time of the oldest unread record, from one small fetch a partition. */
async function oldestOf(
  options: KafkaAddress & { readonly clientId: string },
  { topic, group }: { readonly topic: string; readonly group: string },
  waiting: readonly Behind[],
  { id, leaders }: Partitions,
  context: LookContext,
): Promise<number | undefined> {
  if (waiting.length === 0) return undefined;
  const consumer = new Consumer({ ...options, groupId: group, maxWaitTime: 200, maxBytes: fetchBytesMax });
  const forget = onAbort(context.signal, () => void consumer.close(true).catch(() => undefined));
  try {
    consumer.topics.track(topic);
    let oldestMs: number | undefined;
    for (const { partition, from } of waiting) {
      context.signal.throwIfAborted();
      const { responses } = await consumer.fetch({
        node: leaders[partition] ?? -1,
        topics: [
          {
            topicId: id,
            partitions: [
              {
                partition,
                fetchOffset: from,
                partitionMaxBytes: fetchBytesMax,
                currentLeaderEpoch: -1,
                lastFetchedEpoch: -1,
              },
            ],
          },
        ],
      });
      const batches = responses.flatMap((each) => each.partitions).flatMap((each) => each.records ?? []);
      for (const batch of batches) {
        const next = batch.records.find(({ offsetDelta }) => batch.firstOffset + BigInt(offsetDelta) >= from);
        if (next === undefined) continue;
        const atMs = Number(batch.firstTimestamp + next.timestampDelta);
        oldestMs = Math.min(oldestMs ?? atMs, atMs);
        break;
      }
    }
    return oldestMs;
  } finally {
    forget();
    await consumer.close(true).catch(() => undefined);
  }
}
