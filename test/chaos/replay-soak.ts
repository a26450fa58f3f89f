import { parseArgs } from 'node:util';
import { z } from 'zod';
import { startKafka } from '../brokers/kafka.ts';
import { startRabbitMq } from '../brokers/rabbitmq.ts';
import { drawUp, type Account } from './replay-account.ts';
import { drawKills, executioner } from './replay-kills.ts';
import { startProduct, victims } from './replay-product.ts';
import { kafkaQueues, rabbitQueues } from './replay-queues.ts';
import { points, walk } from './replay-way.ts';

const usage = `Walks the whole way again and again, killing something at every turn, and counts what came of it.

  node test/chaos/replay-soak.ts [--broker rabbitmq|kafka] [--seed 1] [--rounds 10] [--letters 100] [--kills 4]
                                 [--victims control-plane,collector,clickhouse,postgres,broker]

Each round is one seed and a product of its own; a round that fails says its seed. Exit code 1: something was lost or doubled.`;

const Options = z.object({
  broker: z.enum(['rabbitmq', 'kafka']).default('rabbitmq'),
  seed: z.coerce.number().int().default(1),
  rounds: z.coerce.number().int().min(1).max(10_000).default(10),
  letters: z.coerce.number().int().min(60).max(1000).default(100),
  kills: z.coerce.number().int().min(0).max(points.length).default(4),
  victims: z
    .string()
    .default('control-plane')
    .transform((text) => text.split(','))
    .pipe(z.tuple([z.enum(victims)], z.enum(victims))),
});
type Options = z.output<typeof Options>;

const ways = {
  rabbitmq: {
    start: startRabbitMq,
    flow: 'shop-order-to-erp',
    queues: (url: string) => rabbitQueues(url, 'erp.orders.web'),
  },
  kafka: {
    start: startKafka,
    flow: 'payments-settlement-to-finance',
    queues: (url: string) => kafkaQueues(url, 'payments.settlements', 'finance-subledger'),
  },
} as const;

const { values } = parseArgs({
  options: {
    broker: { type: 'string' },
    seed: { type: 'string' },
    rounds: { type: 'string' },
    letters: { type: 'string' },
    kills: { type: 'string' },
    victims: { type: 'string' },
    help: { type: 'boolean' },
  },
});
if (values.help) process.stdout.write(`${usage}\n`);
else process.exitCode = await soak(Options.parse(values));

async function soak(options: Options): Promise<number> {
  const broker = await ways[options.broker].start();
  const sum = { rounds: 0, failed: 0, kills: 0, messages: 0, lost: 0, doubled: 0, halts: 0, byPerson: 0 };
  try {
    for (let seed = options.seed; seed < options.seed + options.rounds; seed += 1) {
      const startedMs = performance.now();
      const round = await oneRound(options, seed, broker).catch((error: unknown) => ({
        problems: [error instanceof Error ? error.message : String(error)],
      }));
      sum.rounds += 1;
      if (round.problems.length > 0) sum.failed += 1;
      if ('way' in round) {
        sum.kills += round.kills;
        sum.messages += round.account.letters;
        sum.lost += round.account.lost.length;
        sum.doubled += round.account.doubled.length;
        sum.halts += round.way.halts;
        sum.byPerson += round.way.settledByPerson.length;
      }
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
      process.stdout.write(
        `${JSON.stringify({ seed, seconds, ...('told' in round ? round.told : {}), problems: round.problems })}\n`,
      );
    }
  } finally {
    await broker.close();
  }
  process.stdout.write(`${JSON.stringify(sum)}\n`);
  return sum.failed > 0 ? 1 : 0;
}

async function oneRound(options: Options, seed: number, broker: Awaited<ReturnType<typeof startRabbitMq>>) {
  const { flow, queues } = ways[options.broker];
  // A broker that dies delivers again what it has no acknowledgement of: then only an inbox keeps effects single.
  const withInbox = options.victims.includes('broker');
  const product = await startProduct({ broker, kind: options.broker, withInbox });
  try {
    const execution = executioner(product, drawKills(seed, options.kills, options.victims));
    const walked = {
      product,
      queues: queues(broker.url),
      operator: await product.person('Olga', 'operator'),
      second: await product.person('Erik', 'engineer'),
      flow,
      letters: options.letters,
      outageMinutes: 0.25,
      at: execution.at,
    };
    const way = await walk(walked).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${product.notes.join('\n')}`, { cause: error });
    });
    const killed = await execution.done();
    const account = await drawUp(way, walked);
    const told = {
      kills: killed.map(({ victim, point, afterMs }) => `${victim} at ${point} +${afterMs} ms`),
      replays: way.replays.map(({ counts }) => counts),
      halts: way.halts,
      byPerson: way.settledByPerson.length,
      polls: way.polls,
      deliveries: account.deliveries,
    };
    const problems = problemsOf(account, options, withInbox);
    return { way, account, kills: killed.length, told, problems };
  } finally {
    await product.stop();
  }
}

function problemsOf(account: Account, { letters }: Options, withInbox: boolean): string[] {
  const { lost, doubled, queued, letterStates, unproven, confirmedTwice, unbalanced, deliveries } = account;
  const wrong: readonly (readonly [string, boolean])[] = [
    [`${account.letters} letters of ${letters} messages`, account.letters !== letters],
    [`several causes: ${account.groups.join(' ')}`, account.groups.length !== 1],
    [`lost: ${lost.join(' ')}`, lost.length > 0],
    [`doubled: ${doubled.join(' ')}`, doubled.length > 0],
    [`left at the broker: ${JSON.stringify(queued)}`, queued.live + queued.dead > 0],
    [`letters not resolved: ${JSON.stringify(letterStates)}`, letterStates['resolved'] !== letters],
    [`confirmed without a trace: ${unproven.join(' ')}`, unproven.length > 0],
    [`confirmed twice: ${confirmedTwice.join(' ')}`, confirmedTwice.length > 0],
    [`did not add up: ${unbalanced.join(' ')}`, unbalanced.length > 0],
    [`delivered ${deliveries} times instead of ${4 * letters}`, !withInbox && deliveries !== 4 * letters],
  ];
  return wrong.flatMap(([sentence, isSo]) => (isSo ? [sentence] : []));
}
