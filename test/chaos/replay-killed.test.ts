import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Broker } from '../brokers/broker.ts';
import { startRabbitMq, whyNoRabbitMq } from '../brokers/rabbitmq.ts';
import { drawUp } from './replay-account.ts';
import { drawKills, executioner } from './replay-kills.ts';
import { startProduct, type Product, type Victim } from './replay-product.ts';
import { rabbitQueues } from './replay-queues.ts';
import { walk } from './replay-way.ts';

const flow = 'shop-order-to-erp';
const letters = 100;

interface Run {
  readonly seed: number;
  readonly kills: number;
  readonly victims: readonly [Victim, ...Victim[]];
}

const runs: readonly Run[] = [
  { seed: 1, kills: 4, victims: ['control-plane'] },
  { seed: 2, kills: 4, victims: ['control-plane', 'collector', 'clickhouse', 'broker'] },
];

describe.skipIf(whyNoRabbitMq())('killed anywhere on the way', () => {
  let broker: Broker;
  let product: Product | undefined;

  beforeAll(async () => {
    broker = await startRabbitMq();
  }, 180_000);
  afterAll(async () => {
    await product?.stop();
    await broker?.close();
  }, 60_000);

  test.each(runs)(
    'nothing is lost and nothing takes effect twice: $victims, seed $seed',
    async ({ seed, kills, victims }) => {
      await product?.stop();
      // A broker that dies delivers again what it has no acknowledgement of: then only an inbox keeps effects single.
      const withInbox = victims.includes('broker');
      product = await startProduct({ broker, kind: 'rabbitmq', withInbox });
      const drawn = drawKills(seed, kills, victims);
      const execution = executioner(product, drawn);
      const options = {
        product,
        queues: rabbitQueues(broker.url, 'erp.orders.web'),
        operator: await product.person('Olga', 'operator'),
        second: await product.person('Erik', 'engineer'),
        flow,
        letters,
        outageMinutes: 0.25,
        at: execution.at,
      };
      const way = await walk(options);
      const killed = await execution.done();
      const account = await drawUp(way, options);
      expect(killed.map(({ point }) => point).sort()).toEqual(drawn.map(({ point }) => point).sort());
      expect(account).toMatchObject({
        letters,
        groups: [letters],
        lost: [],
        doubled: [],
        queued: { live: 0, dead: 0 },
        letterStates: { resolved: letters },
        unproven: [],
        confirmedTwice: [],
        unbalanced: [],
      });
      if (!withInbox) expect(account.deliveries).toBe(4 * letters);
    },
    180_000,
  );
});
