import { setTimeout as sleep } from 'node:timers/promises';
import type { Flow } from '@plumbline/model/catalog/schema.ts';
import { execute } from '@plumbline/model/postgres/pool.ts';
import type { Context } from '../context.ts';
import { describeError } from '../log.ts';
import { NothingToTail, type Arrival } from '../transports/port.ts';
import { storeArrivals } from './store.ts';

const batchMax = 500;
const lingerMs = 50;
/** A tail that cannot work is tried again after this time: somebody may have made the queue meanwhile. */
const againMs = 15_000;
const lookMs = 5000;

type State = 'connected' | 'disconnected' | 'refused' | 'waiting';

interface Tail {
  /** What it was started with; another one, and it is started anew. */
  readonly of: string;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/**
 * Tails the dead-letter queue of every flow that declares one, follows the catalog, and answers how to stop: it resolves
 * once every batch under way is stored and acknowledged, or left to the broker.
 */
export function startIntake(context: Context): () => Promise<void> {
  const tails = new Map<string, Tail>();
  const follow = (): void => {
    const wanted = new Map(tailed(context).map((flow) => [flow.name, flow]));
    for (const [name, tail] of tails) {
      const flow = wanted.get(name);
      if (flow && nameOf(flow) === tail.of) continue;
      tail.stop.abort();
      tails.delete(name);
    }
    for (const [name, flow] of wanted) if (!tails.has(name)) tails.set(name, start(context, flow));
  };
  follow();
  const timer = setInterval(follow, lookMs);
  return async () => {
    clearInterval(timer);
    for (const { stop } of tails.values()) stop.abort();
    await Promise.all([...tails.values()].map(({ done }) => done));
  };
}

function tailed(context: Context): Flow[] {
  return context.catalog
    .current()
    .catalog.flows.filter(
      ({ deadLetters, transport }) =>
        deadLetters.destination !== undefined && transport.connection !== undefined,
    );
}

function nameOf({ transport, deadLetters }: Flow): string {
  return JSON.stringify([transport.connection, deadLetters.destination]);
}

function start(context: Context, flow: Flow): Tail {
  const stop = new AbortController();
  return { of: nameOf(flow), stop, done: run(context, flow.name, stop.signal) };
}

async function run(context: Context, name: string, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    try {
      await tailOnce(context, name, stop);
    } catch (error) {
      if (error instanceof NothingToTail) {
        await say(context, name, 'waiting', `${error.message}${howToTail(flowOf(context, name))}`);
      } else {
        const sentence = error instanceof Error ? error.message : String(error);
        context.log.warn('a dead-letter queue cannot be tailed', { flow: name, ...describeError(error) });
        await say(context, name, 'refused', sentence);
      }
    }
    await sleep(againMs, undefined, { signal: stop }).catch(() => undefined);
  }
}

/** A flow whose broker is reached by another way, as in a demo without brokers, may be connected to it. */
function howToTail(flow: Flow | undefined): string {
  const connection = flow?.transport.connection;
  if (!flow || connection === undefined || flow.transport.kind === 'http') return '';
  return ` The catalog says ${flow.transport.kind}: to read its queue, lead ${variableOf(connection)} to the broker.`;
}

function variableOf(connection: string): string {
  return `PLUMBLINE_CONNECTION_${connection.toUpperCase().replaceAll('-', '_')}`;
}

async function tailOnce(context: Context, name: string, stop: AbortSignal): Promise<void> {
  const flow = flowOf(context, name);
  const destination = flow?.deadLetters.destination;
  const connection = flow?.transport.connection;
  if (!flow || destination === undefined || connection === undefined) return;
  const transport = context.transports.of(connection);
  if (!transport) {
    return say(
      context,
      name,
      'waiting',
      `Connection ${connection} has no URL: give it one in the catalog or in ${variableOf(connection)}.`,
    );
  }
  await transport.tail(destination, {
    batchMax,
    lingerMs,
    stop,
    store: (batch) => store(context, name, `${connection}:${destination}`, batch),
    onState: (state, sentence) => void say(context, name, state, sentence),
  });
}

async function store(
  context: Context,
  name: string,
  source: string,
  batch: readonly Arrival[],
): Promise<void> {
  // The catalog may say by now how to read them otherwise than when the tail began.
  const flow = flowOf(context, name);
  if (!flow)
    throw new Error(`The catalog no longer declares the flow ${name}: its dead letters stay in the queue.`);
  await storeArrivals(
    context,
    flow,
    source,
    batch.map((arrival) => ({ arrival })),
  );
  await execute(context.postgres, 'UPDATE dead_letter_sources SET last_arrival_at = $2 WHERE flow = $1', [
    name,
    context.now(),
  ]);
}

function flowOf(context: Context, name: string): Flow | undefined {
  return context.catalog.current().catalog.flows.find((flow) => flow.name === name);
}

/** Writes down how a tail goes; a database that is away must not end it. */
async function say(context: Context, name: string, state: State, sentence: string): Promise<void> {
  const flow = flowOf(context, name);
  await execute(
    context.postgres,
    `INSERT INTO dead_letter_sources (flow, connection, destination, state, sentence, since) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (flow) DO UPDATE SET connection = $2, destination = $3, sentence = $5,
       since = CASE WHEN dead_letter_sources.state = $4 THEN dead_letter_sources.since ELSE $6 END, state = $4`,
    [
      name,
      flow?.transport.connection ?? '',
      flow?.deadLetters.destination ?? '',
      state,
      sentence.slice(0, 1000),
      context.now(),
    ],
  ).catch((error: unknown) =>
    context.log.warn('the state of a queue could not be stored', describeError(error)),
  );
}
