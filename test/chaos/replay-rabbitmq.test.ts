import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Broker } from '../brokers/broker.ts';
import { startRabbitMq, whyNoRabbitMq } from '../brokers/rabbitmq.ts';
import { drawUp } from './replay-account.ts';
import { startProduct, type Product } from './replay-product.ts';
import { rabbitQueues } from './replay-queues.ts';
import { walk } from './replay-way.ts';

const flow = 'shop-order-to-erp';
const letters = 120;

describe.skipIf(whyNoRabbitMq())('from a dead-letter queue of RabbitMQ to the consumer', () => {
  let broker: Broker;
  let product: Product;

  beforeAll(async () => {
    broker = await startRabbitMq();
    product = await startProduct({ broker, kind: 'rabbitmq', withInbox: false });
  }, 180_000);
  afterAll(async () => {
    await product?.stop();
    await broker?.close();
  }, 60_000);

  test('every order of an outage is taken in, approved by a second person, sent once and confirmed by its trace', async () => {
    const options = {
      product,
      queues: rabbitQueues(broker.url, 'erp.orders.web'),
      operator: await product.person('Olga', 'operator'),
      second: await product.person('Erik', 'engineer'),
      flow,
      letters,
      outageMinutes: 0.25,
    };
    const way = await walk(options);
    const [replay] = way.replays;
    expect(replay).toMatchObject({
      state: 'finished',
      requestedBy: { name: 'Olga' },
      decidedBy: { name: 'Erik' },
      counts: { items: letters, confirmed: letters },
      stages: [{ size: 1 }, { size: 10 }, { size: 100 }, { size: 9 }],
    });
    expect(replay?.stages.every(({ state }) => state === 'passed')).toBe(true);
    expect(way.polls).toBeGreaterThan(20);
    expect(await drawUp(way, options)).toEqual({
      letters,
      groups: [letters],
      lost: [],
      doubled: [],
      // Three tries each before they died, and one replay.
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
