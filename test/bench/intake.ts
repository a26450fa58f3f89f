/**
 * `npm run bench:intake [-- rabbitmq kafka api]`: dead letters taken in per second at 1, 66 and 100 kB over RabbitMQ, Kafka and
 * the API, each beside what the bare broker or database does with the same bytes.
 * The last line is one JSON object.
 */
import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { startIntake } from '@plumbline/control-plane/dead-letters/tail.ts';
import { openTransport } from '@plumbline/control-plane/transports/open.ts';
import { openStand } from '../conformance/api/stand.ts';
import { bodiesOf, flowOf, writeIntakeCatalog } from './intake-messages.ts';
import { handIn, insertRaw, openKafkaQueues, openRabbitQueues, type Queues } from './intake-ways.ts';

const sizes = [
  { bytes: 1000, messages: 20_000 },
  { bytes: 66_000, messages: 2000 },
  { bytes: 100_000, messages: 1200 },
] as const;
const goalPerSecond = 2000;
const lookMs = 50;
const patienceMs = 300_000;

const asked = process.argv.slice(2);
const wants = (name: string) => asked.length === 0 || asked.includes(name);
const startLoad = loadavg();
const brokers = new Map<string, Queues>();
if (wants('rabbitmq')) brokers.set('rabbitmq', await openRabbitQueues());
if (wants('kafka')) brokers.set('kafka', await openKafkaQueues());
const now = () => new Date();
const transports = new Map(
  [...brokers].map(([name, { url }]) => [name, openTransport(url, { application: 'bench', now })]),
);
const stand = await openStand(await writeIntakeCatalog([...brokers.keys()]), {
  of: (connection) => transports.get(connection),
  close: () => Promise.resolve(),
});
stand.clock.now = now();
const { postgres } = stand.context;
const say = (sentence: string) => void process.stderr.write(`${sentence}\n`);

interface Figure {
  readonly way: string;
  readonly bytes: number;
  readonly messages: number;
  readonly perSecond: number;
  /** What the bare client reads from the broker; null: there is none. */
  readonly readPerSecond: number | null;
  /** What PostgreSQL inserts of the same bytes, in batches of the same size, with nothing else done to them. */
  readonly insertPerSecond: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly bytesAreWhole: boolean;
}

const figures: Figure[] = [];
try {
  for (const { bytes, messages } of sizes) {
    const bodies = bodiesOf(messages, bytes);
    const insertPerSecond = messages / (await seconds(() => insertRaw(postgres, bodies)));
    for (const [way, queues] of brokers) {
      await queues.fill(`raw-${bytes}`, bodies);
      const readPerSecond = messages / (await seconds(() => queues.read(`raw-${bytes}`, messages)));
      await queues.fill(flowOf(way), bodies);
      const perSecond = await drain(messages);
      figures.push({
        way,
        bytes,
        messages,
        perSecond,
        readPerSecond,
        insertPerSecond,
        ...(await account(bodies)),
      });
      say(`${way}, ${bytes} bytes: ${Math.round(perSecond)}/s`);
    }
    if (!wants('api')) continue;
    const served = await stand.listen();
    const token = await stand.tokenOf('operator');
    const perSecond = messages / (await seconds(() => handIn(served.url, token, bodies)));
    await served.close();
    figures.push({
      way: 'api',
      bytes,
      messages,
      perSecond,
      readPerSecond: null,
      insertPerSecond,
      ...(await account(bodies)),
    });
    say(`api, ${bytes} bytes: ${Math.round(perSecond)}/s`);
  }
  report();
} finally {
  await Promise.all([...transports.values()].map((transport) => transport.close()));
  for (const queues of brokers.values()) await queues.close();
  await stand.close();
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) / 1000;
}

async function countLetters(): Promise<number> {
  const { rows } = await postgres.query<{ n: number }>('SELECT count(*)::integer AS n FROM dead_letters');
  return rows[0]?.n ?? 0;
}

/** Letters per second from the first batch that is stored: until then the tail connects and joins its group. */
async function drain(messages: number): Promise<number> {
  const stop = startIntake({ ...stand.context, now });
  const untilMs = performance.now() + patienceMs;
  let first: { readonly ms: number; readonly letters: number } | undefined;
  for (;;) {
    const letters = await countLetters();
    if (letters > 0) first ??= { ms: performance.now(), letters };
    if (first && letters >= messages) {
      const perSecond = ((letters - first.letters) / (performance.now() - first.ms)) * 1000;
      await stop();
      return perSecond;
    }
    if (performance.now() > untilMs) throw new Error(`Only ${letters} of ${messages} letters were stored.`);
    await sleep(lookMs);
  }
}

/** What is stored held against what was sent; then the table is emptied for the next way. */
async function account(bodies: readonly Buffer[]) {
  const { rows } = await postgres.query<{
    letters: number;
    messages: number;
    attempts: number;
    bytes: string;
  }>(
    `SELECT count(*)::integer AS letters, count(DISTINCT d.message_id)::integer AS messages,
       (SELECT count(*)::integer FROM dead_letter_attempts) AS attempts, sum(octet_length(p.body))::text AS bytes
     FROM dead_letters d JOIN dead_letter_payloads p ON p.dead_letter_id = d.id`,
  );
  const { letters = 0, messages = 0, attempts = 0, bytes = '0' } = rows[0] ?? {};
  await postgres.query('TRUNCATE dead_letters CASCADE');
  await postgres.query('CHECKPOINT');
  return {
    lost: bodies.length - messages,
    duplicates: letters - messages + Math.max(0, attempts - letters),
    bytesAreWhole: Number(bytes) === bodies.reduce((sum, body) => sum + body.length, 0),
  };
}

function report(): void {
  const load = loadavg().map((value) => Math.round(value * 100) / 100);
  say(
    `load of the last minute: ${startLoad[0]?.toFixed(2)} before, ${load[0]} after, on ${availableParallelism()} cores`,
  );
  console.table(
    figures.map(({ way, bytes, perSecond, readPerSecond, insertPerSecond, lost, duplicates }) => ({
      way,
      bytes,
      'letters/s': Math.round(perSecond),
      'MB/s': Math.round((perSecond * bytes) / 1e5) / 10,
      'bare read/s': readPerSecond === null ? '' : Math.round(readPerSecond),
      'bare insert/s': Math.round(insertPerSecond),
      lost,
      duplicates,
      goal: bytes > 1000 ? '' : perSecond >= goalPerSecond ? 'met' : 'missed',
    })),
  );
  console.log(
    JSON.stringify({
      bench: 'intake',
      cores: availableParallelism(),
      load: { before: startLoad, after: load },
      goalPerSecond,
      figures,
    }),
  );
}
