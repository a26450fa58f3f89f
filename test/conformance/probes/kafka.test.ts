import { Admin, Producer, stringSerializers } from '@platformatic/kafka';
import { expect, test } from 'vitest';
import { startKafka, whyNoKafka } from '../../brokers/kafka.ts';
import { probe } from './probe.ts';

test.skipIf(whyNoKafka())('kafka: how far a group is behind, in messages and in time', async () => {
  const broker = await startKafka();
  const options = { clientId: 'test', bootstrapBrokers: [new URL(broker.url).host] };
  const admin = new Admin(options);
  const producer = new Producer({ ...options, serializers: stringSerializers });
  try {
    await admin.createTopics({ topics: ['orders'], partitions: 2, replicas: 1 });
    const check = { kind: 'kafka', connection: 'here', topic: 'orders', group: 'erp' };
    expect(await probe(broker.url, check)).toMatchObject({
      why: null,
      measures: { depth: 0, age: 0, partitions: 2 },
    });

    const nowMs = Date.now();
    const sent = [
      { partition: 0, secondsAgo: 600 },
      { partition: 0, secondsAgo: 120 },
      { partition: 0, secondsAgo: 60 },
      { partition: 1, secondsAgo: 30 },
    ];
    await producer.send({
      acks: -1,
      messages: sent.map(({ partition, secondsAgo }) => ({
        topic: 'orders',
        partition,
        value: 'x',
        timestamp: BigInt(nowMs - secondsAgo * 1000),
      })),
    });
    // Who never committed has everything before it.
    const fresh = await probe(broker.url, check, ['depth <= 4', 'age < 5m']);
    expect(fresh).toMatchObject({ outcome: 'failed', failedCondition: 'age < 5m', measures: { depth: 4 } });
    expect(fresh.measures['age']).toBeGreaterThanOrEqual(600);

    await admin.alterConsumerGroupOffsets({
      groupId: 'erp',
      topics: [{ name: 'orders', partitionOffsets: [{ partition: 0, offset: 1n }] }],
    });
    const behind = await probe(broker.url, check, ['age < 5m']);
    expect(behind).toMatchObject({ outcome: 'passed', measures: { depth: 3 } });
    expect(behind.measures['age']).toBeGreaterThanOrEqual(120);
    expect(behind.measures['age']).toBeLessThan(180);

    expect((await probe(broker.url, { ...check, topic: 'nowhere' })).outcome).toBe('error');
    broker.ownProcess?.hang();
    expect(await probe(broker.url, check, [], '500ms')).toMatchObject({ outcome: 'timeout' });
  } finally {
    await Promise.race([broker.close(), Promise.allSettled([admin.close(), producer.close()])]);
    await broker.close();
  }
});
