import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Broker } from '../brokers/broker.ts';
import { startKafka, whyNoKafka } from '../brokers/kafka.ts';
import { drawUp } from './replay-account.ts';
import { startProduct, type Product } from './replay-product.ts';
import { kafkaQueues } from './replay-queues.ts';
import { walk } from './replay-way.ts';

const flow = 'payments-settlement-to-finance';
const letters = 60;

describe.skipIf(whyNoKafka())('from a dead-letter topic of Kafka to the consumer', () => {
  let broker: Broker;
  let product: Product;

  beforeAll(async () => {
    broker = await startKafka();
    product = await startProduct({ broker, kind: 'kafka', withInbox: false });
  }, 180_000);
  afterAll(async () => {
    await product?.stop();
    await broker?.close();
  }, 60_000);

  test('every settlement of an outage is taken in, approved by a second person, sent once and confirmed by its trace', async () => {
    const options = {
      product,
      queues: kafkaQueues(broker.url, 'payments.settlements', 'finance-subledger'),
      operator: await product.person('Olga', 'operator'),
      second: await product.person('Erik', 'engineer'),
      flow,
      letters,
      outageMinutes: 0.25,
    };
    const way = await walk(options);
    expect(way.replays[0]).toMatchObject({
      decidedBy: { name: 'Erik' },
      counts: { items: letters, confirmed: letters },
    });
    // Partition and offset of the record that was sent.
    expect(way.items.every(({ proof }) => /^\d+\/\d+$/.test(proof ?? ''))).toBe(true);
    expect(await drawUp(way, options)).toEqual({
      letters,
      groups: [letters],
      lost: [],
      doubled: [],
      deliveries: 4 * letters,
      queued: { live: 0, dead: 0 },
      letterStates: { resolved: letters },
      unproven: [],
      confirmedTwice: [],
      unbalanced: [],
      audit: [
        [
          'Olga: replays.preview',
          'Olga: replays.submit',
          'Erik: replays.approve',
          'Plumbline: replays.finish',
        ],
      ],
    });
  }, 120_000);
});
