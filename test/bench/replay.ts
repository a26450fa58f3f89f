/**
 * `npm run bench:replay` (over RabbitMQ; `-- nats` over NATS): previews, replays through a real broker with the ledger on disk, and what a killed engine
 * leaves behind. The last line is one JSON object.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { ReplayDetail } from '@plumbline/control-plane/replays/schemas.ts';
import { connect as connectAmqp } from 'amqplib';
import { startNats } from '../brokers/nats.ts';
import { startRabbitMq } from '../brokers/rabbitmq.ts';
import { openStand } from '../conformance/api/stand.ts';
import { addLetters, writeCatalog } from '../conformance/replays/letters.ts';

const previewed = 250_000;
const replayed = 20_000;
const clicks = 100;
const catalogDirectory = await writeCatalog({
  approvalAbove: 1_000_000,
  perSecond: 100_000,
  stages: [1, 10, 100],
  haltRatio: 1,
});
const stand = await openStand(catalogDirectory);
stand.clock.now = new Date();
const { broker, delivered, close } = await (process.argv[2] === 'nats' ? openNats() : openRabbitMq());
const token = await stand.tokenOf('admin');

const percentile = (values: number[], share: number) =>
  Math.round(values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? 0);

/** A durable queue; publishes are confirmed once they are on disk. */
async function openRabbitMq() {
  const broker = await startRabbitMq();
  const connection = await connectAmqp(broker.url);
  const channel = await connection.createChannel();
  await channel.assertQueue('erp.orders', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  const delivered = async () => (await channel.checkQueue('erp.orders')).messageCount;
  return { broker, delivered, close: () => connection.close() };
}

async function openNats() {
  const broker = await startNats();
  const connection = await connect({ servers: new URL(broker.url).host });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: 'BENCH', subjects: ['erp.orders'], duplicate_window: 100_000_000 });
  const delivered = async () => (await manager.streams.info('BENCH')).state.messages;
  return { broker, delivered, close: () => connection.close() };
}

async function startEngine(): Promise<ChildProcess> {
  const child = fork(new URL('replay-engine.ts', import.meta.url), [
    stand.engines.databaseUrl,
    broker.url,
    catalogDirectory,
  ]);
  await once(child, 'message');
  return child;
}

async function preview(filter: object): Promise<ReplayDetail> {
  stand.clock.now = new Date();
  const answer = await stand.ask('POST', '/replays', { token, json: { filter, reason: 'a measurement' } });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.body as ReplayDetail;
}

async function start(engine: ChildProcess, replay: ReplayDetail): Promise<void> {
  stand.clock.now = new Date();
  const json = { revision: replay.revision };
  const { status, body } = await stand.ask('POST', `/replays/${replay.id}/start`, { token, json });
  if (status !== 200) throw new Error(JSON.stringify(body));
  engine.send(replay.id);
}

async function counts(id: string): Promise<Record<string, number>> {
  const { rows } = await stand.context.postgres.query<{ state: string; count: number }>(
    'SELECT state, count(*)::integer AS count FROM replay_items WHERE replay_id = $1 GROUP BY 1',
    [id],
  );
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}

async function until(isSo: () => Promise<boolean>, limitMs = 180_000): Promise<void> {
  const untilMs = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > untilMs) throw new Error('It did not come to an end in time.');
    await sleep(5);
  }
}

async function measurePreview() {
  for (let from = 1; from <= previewed; from += 25_000)
    await stand.context.postgres.query(
      `INSERT INTO dead_letters (id, flow, message_id, state, cause, error_type, error_message, failed_at, arrived_at, payload_hash,
         body_bytes, keys, value, currency, trace_id, span_id)
       SELECT gen_random_uuid(), 'orders', 'big-' || n, 'open', 'Timeout', 'Timeout', 'no answer', now(), now(), sha256(int8send(n)),
         1000, ARRAY['order:big-' || n / 3], 10, 'USD', '', '' FROM generate_series($1::bigint, $1 + 24999) AS n`,
      [from],
    );
  await stand.context.postgres.query('ANALYZE dead_letters');
  const took: number[] = [];
  for (let n = 0; n < 5; n += 1) {
    const startedMs = performance.now();
    await preview({ flow: 'orders' });
    took.push(performance.now() - startedMs);
  }
  await stand.context.postgres.query('TRUNCATE dead_letters, replays CASCADE');
  return { messages: previewed, p50Ms: percentile(took, 0.5), maxMs: percentile(took, 1) };
}

const body = (n: number) => JSON.stringify({ order: `o-${n}`, quantity: 1, text: 'x'.repeat(950) });

/** From the click to the broker having the message, one message a replay. */
async function measureClicks(engine: ChildProcess) {
  const letters = await addLetters(stand.context.postgres, clicks, { body });
  const took: number[] = [];
  for (const letter of letters) {
    const replay = await preview({ ids: [letter.id] });
    const before = await delivered();
    const startedMs = performance.now();
    await start(engine, replay);
    await until(async () => (await delivered()) > before, 10_000);
    took.push(performance.now() - startedMs);
  }
  return { clicks, p50Ms: percentile(took, 0.5), p99Ms: percentile(took, 0.99) };
}

/** What became of a replay, held against what the broker has. */
async function account(id: string, before: number) {
  const found = await counts(id);
  const atBroker = (await delivered()) - before;
  const { confirmed = 0, sent = 0, unknown = 0 } = found;
  return {
    lost: Math.max(0, confirmed + sent - atBroker),
    duplicates: Math.max(0, atBroker - confirmed - sent - unknown),
    unknown,
  };
}

async function measurePace(engine: ChildProcess) {
  for (let from = 0; from < replayed; from += 5000)
    await addLetters(stand.context.postgres, 5000, { body, prefix: `pace${from}` });
  const replay = await preview({ flow: 'orders' });
  const before = await delivered();
  const startedMs = performance.now();
  await start(engine, replay);
  await until(async () => (await delivered()) - before >= replay.counts.items);
  const sentMs = performance.now() - startedMs;
  await until(async () => ((await counts(replay.id))['confirmed'] ?? 0) === replay.counts.items);
  return {
    messages: replay.counts.items,
    perSecond: Math.round((replay.counts.items / sentMs) * 1000),
    confirmedPerSecond: Math.round((replay.counts.items / (performance.now() - startedMs)) * 1000),
    ...(await account(replay.id, before)),
  };
}

/** Kills the engine with -9 in full flight and starts another: from the kill to the next message at the broker. */
async function measureKill(engine: ChildProcess) {
  for (let from = 0; from < replayed; from += 5000)
    await addLetters(stand.context.postgres, 5000, { body, prefix: `kill${from}` });
  const replay = await preview({ flow: 'orders' });
  const before = await delivered();
  await start(engine, replay);
  await until(async () => (await delivered()) - before >= 5000);
  engine.kill('SIGKILL');
  await once(engine, 'exit');
  const killedMs = performance.now();
  const left = await delivered();
  const next = await startEngine();
  await until(async () => (await delivered()) > left, 30_000);
  const recoveredMs = Math.round(performance.now() - killedMs);
  await until(async () => {
    const { confirmed = 0, unknown = 0 } = await counts(replay.id);
    return confirmed + unknown === replay.counts.items;
  });
  return { engine: next, figures: { recoveredMs, ...(await account(replay.id, before)) } };
}

const settle = () => stand.context.postgres.query('TRUNCATE dead_letters, replays CASCADE');
const previews = await measurePreview();
console.log('preview', previews);
let engine = await startEngine();
const click = await measureClicks(engine);
console.log('click to broker', click);
await settle();
const pace = await measurePace(engine);
console.log('pace', pace);
await settle();
const killed = await measureKill(engine);
engine = killed.engine;
console.log('kill -9', killed.figures);

engine.kill('SIGKILL');
await close();
await broker.close();
await stand.close();
console.log(JSON.stringify({ preview: previews, click, pace, kill: killed.figures }));
