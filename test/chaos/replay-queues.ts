import { Admin, ListOffsetTimestamps } from '@platformatic/kafka';
import { connect } from 'amqplib';
import { setTimeout as sleep } from 'node:timers/promises';

const patienceMs = 60_000;

/** Asks again while the broker is away: it may have been killed. */
function patiently(look: Queues['waiting']): Queues {
  const waiting: Queues['waiting'] = async () => {
    for (const endMs = Date.now() + patienceMs; ; await sleep(200)) {
      try {
        return await look();
      } catch (error) {
        if (Date.now() > endMs) throw error;
      }
    }
  };
  return { waiting };
}

/** How much of a flow still lies at the broker, by the broker's own word. */
export interface Queues {
  /** Messages that nobody has acknowledged yet: those in the hands of a consumer are not seen by RabbitMQ's count. */
  waiting(): Promise<{ readonly live: number; readonly dead: number }>;
}

/** A connection each time: the broker may have been killed in between. */
export function rabbitQueues(url: string, queue: string): Queues {
  return patiently(async () => {
    const connection = await connect(url);
    try {
      const channel = await connection.createChannel();
      const [live, dead] = [await channel.checkQueue(queue), await channel.checkQueue(`${queue}.dead`)];
      return { live: live.messageCount, dead: dead.messageCount };
    } finally {
      await connection.close();
    }
  });
}

/** @param group of the consumer; the dead letters are read by the group that Plumbline takes by default */
export function kafkaQueues(url: string, topic: string, group: string): Queues {
  return patiently(async () => {
    const admin = new Admin({ clientId: 'eye', bootstrapBrokers: [url.replace('kafka://', '')] });
    try {
      const dead = `${topic}.dead`;
      return {
        live: await lag(admin, topic, group),
        dead: await lag(admin, dead, `plumbline-control-plane.${dead}`),
      };
    } finally {
      await admin.close();
    }
  });
}

async function lag(admin: Admin, topic: string, group: string): Promise<number> {
  const metadata = await admin.metadata({ topics: [topic] });
  const partitions = [...(metadata.topics.get(topic)?.partitions.keys() ?? [])];
  const [ends] = await admin.listOffsets({
    topics: [
      {
        name: topic,
        partitions: partitions.map((partitionIndex) => ({
          partitionIndex,
          timestamp: ListOffsetTimestamps.LATEST,
        })),
      },
    ],
  });
  const [read] = await admin.listConsumerGroupOffsets({
    groups: [{ groupId: group, topics: [{ name: topic, partitionIndexes: partitions }] }],
  });
  const marks = new Map(
    read?.topics.flatMap((one) => one.partitions.map((p) => [p.partitionIndex, p.committedOffset])),
  );
  return Number(
    (ends?.partitions ?? []).reduce((sum, { partitionIndex, offset }) => {
      const mark = marks.get(partitionIndex) ?? 0n;
      return sum + offset - (mark < 0n ? 0n : mark);
    }, 0n),
  );
}
