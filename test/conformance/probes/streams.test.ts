import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { createClient } from '@redis/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startNats, whyNoNats } from '../../brokers/nats.ts';
import { startRedis, whyNoRedis } from '../../brokers/redis.ts';
import { probe } from './probe.ts';

test.skipIf(whyNoNats())(
  'nats: what a consumer has not been given, not acknowledged, and how old it is',
  async () => {
    const broker = await startNats();
    const connection = await connect({ servers: broker.url.replace('nats://', '') });
    try {
      const manager = await jetstreamManager(connection);
      const client = jetstream(connection);
      await manager.streams.add({ name: 'ORDERS', subjects: ['orders.>'] });
      await manager.consumers.add('ORDERS', {
        durable_name: 'erp',
        ack_policy: AckPolicy.Explicit,
        filter_subject: 'orders.eu',
      });
      const check = { kind: 'nats', connection: 'here', stream: 'ORDERS', consumer: 'erp' };
      expect((await probe(broker.url, check)).measures).toMatchObject({
        depth: 0,
        unacknowledged: 0,
        age: 0,
      });

      // An older message of another subject is not its business.
      await client.publish('orders.us', 'x');
      await sleep(700);
      for (let count = 0; count < 5; count += 1) await client.publish('orders.eu', 'x');
      const waiting = await probe(broker.url, check, ['depth < 5']);
      expect(waiting).toMatchObject({
        outcome: 'failed',
        why: 'depth < 5 (depth is 5)',
        measures: { unacknowledged: 0 },
      });
      expect(waiting.measures['age']).toBeLessThan(0.6);

      const consumer = await client.consumers.get('ORDERS', 'erp');
      const first = await consumer.next();
      await consumer.next();
      expect((await probe(broker.url, check)).measures).toMatchObject({ depth: 3, unacknowledged: 2 });
      first?.ack();
      await sleep(400);
      const later = await probe(broker.url, check, ['age > 400ms']);
      expect(later).toMatchObject({ outcome: 'passed', measures: { depth: 3, unacknowledged: 1 } });

      const gone = await probe(broker.url, { ...check, consumer: 'nobody' });
      expect(gone).toMatchObject({ outcome: 'error', why: 'consumer not found' });
      broker.ownProcess?.hang();
      expect(await probe(broker.url, check, [], '500ms')).toMatchObject({ outcome: 'timeout' });
    } finally {
      await broker.close();
      await connection.close();
    }
  },
);

test.skipIf(whyNoRedis())(
  'redis: what a group has not read, not acknowledged, and how old it is',
  async () => {
    const broker = await startRedis();
    const client = createClient({ url: broker.url });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.xGroupCreate('orders', 'erp', '$', { MKSTREAM: true });
      const check = { kind: 'redis', connection: 'here', stream: 'orders', group: 'erp' };
      expect((await probe(broker.url, check)).measures).toMatchObject({
        depth: 0,
        unacknowledged: 0,
        age: 0,
      });

      for (let count = 0; count < 4; count += 1) await client.xAdd('orders', '*', { body: 'x' });
      await client.sendCommand(['XREADGROUP', 'GROUP', 'erp', 'c1', 'COUNT', '1', 'STREAMS', 'orders', '>']);
      await sleep(500);
      const waiting = await probe(broker.url, check, ['depth <= 3 and age < 300ms']);
      expect(waiting).toMatchObject({
        outcome: 'failed',
        measures: { depth: 3, unacknowledged: 1, consumers: 1 },
      });
      expect(waiting.why).toMatch(/^age < 300ms \(age is 0\.\d+\)$/);

      const gone = await probe(broker.url, { ...check, group: 'nobody' });
      expect(gone).toMatchObject({ outcome: 'error', why: 'The stream "orders" has no group "nobody".' });
      broker.ownProcess?.hang();
      expect(await probe(broker.url, check, [], '500ms')).toMatchObject({ outcome: 'timeout' });
    } finally {
      client.destroy();
      await broker.close();
    }
  },
);
