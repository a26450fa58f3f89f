import { connect } from 'amqplib';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { freePort } from '@plumbline/deploy/local/process/ports.ts';
import { startRabbitMq, whyNoRabbitMq } from '../../brokers/rabbitmq.ts';
import { probe } from './probe.ts';

test.skipIf(whyNoRabbitMq())(
  'rabbitmq: depth and consumers, and the age of the oldest by the management API',
  async () => {
    const managementPort = await freePort();
    const broker = await startRabbitMq(managementPort);
    const connection = await connect(broker.url);
    try {
      const channel = await connection.createConfirmChannel();
      await channel.assertQueue('erp.orders');
      const check = { kind: 'rabbitmq', connection: 'here', queue: 'erp.orders' };
      expect((await probe(broker.url, check)).measures).toMatchObject({ depth: 0, consumers: 0 });

      const sentSeconds = Math.floor(Date.now() / 1000) - 90;
      for (const later of [0, 30, 60])
        channel.sendToQueue('erp.orders', Buffer.from('x'), { timestamp: sentSeconds + later });
      await channel.waitForConfirms();
      expect(await probe(broker.url, check, ['depth < 3'])).toMatchObject({
        outcome: 'failed',
        why: 'depth < 3 (depth is 3)',
        measures: { depth: 3, consumers: 0 },
      });

      const managed = { ...check, management: `http://127.0.0.1:${managementPort}` };
      let counted = await probe(broker.url, managed);
      for (let tries = 0; tries < 30 && counted.measures['age'] === undefined; tries += 1) {
        await sleep(200);
        counted = await probe(broker.url, managed);
      }
      expect(counted).toMatchObject({ outcome: 'passed', measures: { depth: 3, unacknowledged: 0 } });
      expect(counted.measures['age']).toBeGreaterThanOrEqual(89);
      expect(counted.measures['age']).toBeLessThan(120);
      expect(JSON.stringify(counted)).not.toContain(Buffer.from('guest:guest').toString('base64'));

      // The look took nothing: no message was delivered, not even to be put back.
      const message = await channel.get('erp.orders');
      expect(message && message.fields.redelivered).toBe(false);

      const gone = await probe(broker.url, { ...check, queue: 'nowhere' });
      expect(gone.outcome).toBe('error');
      expect(gone.why).toMatch(/no queue 'nowhere'/);
      broker.ownProcess?.hang();
      expect(await probe(broker.url, check, [], '500ms')).toMatchObject({ outcome: 'timeout' });
    } finally {
      connection.on('error', () => undefined);
      await broker.close();
    }
  },
);
