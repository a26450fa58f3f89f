import { join } from 'node:path';
import { burstOn, messagesOn } from './business/burst.ts';
import { createBurstNumbers } from './business/burst-numbers.ts';
import { createFaultPlan } from './business/faults.ts';
import { advance, createBusiness, inject } from './business/simulate.ts';
import type { Effect, Step } from './business/types.ts';
import { readConfig, usage, WrongConfig, type Config } from './config.ts';
import { backfill, remember, type History } from './history.ts';
import { serveControl } from './live/control.ts';
import { createDesk } from './live/desk.ts';
import { emitWhenOver } from './live/emit-when-over.ts';
import { createGateway } from './live/gateway.ts';
import { openInbox, type Inbox } from './live/inbox.ts';
import { openIntake, type Intake } from './live/intake.ts';
import { diedOverHttp, isDeath, type Death } from './live/letters.ts';
import { createMemoryInbox } from './live/memory-inbox.ts';
import { runLive } from './live/run.ts';
import { databaseUrlOf, openTables, type Tables } from './live/tables.ts';
import { openManifest } from './manifest-file.ts';
import { readState, writeState, type State } from './state-file.ts';
import { createEmitter } from './telemetry/emitter.ts';
import { CollectorAway, createExporter, type Exporter } from './telemetry/exporter.ts';

const dayMs = 86_400_000;
/** Dead letters of the past that are handed in: the newest. */
const deathsMax = 500;
const letterPatienceMs = 60_000;

function say(sentence: string): void {
  process.stdout.write(`distributor: ${sentence}\n`);
}

async function run(config: Config, stop: AbortSignal): Promise<void> {
  const openedMs = Date.now();
  const { seed, ratePerMinute } = config;
  const statePath = join(config.dataDir, 'distributor-state.json');
  const before = continuing(config, readState(statePath));
  const startedAtMs = before?.startedAtMs ?? openedMs - config.days * dayMs;
  const manifest = openManifest(config.manifestPath, before ? 'append' : 'new');
  const exporter = openExporter(config, stop);
  const fresh = before === undefined;
  const tables = await tablesOf(config, fresh);
  const inbox = await inboxOf(config, tables !== undefined, fresh);
  const intake = intakeOf(config, stop);
  const emit = createEmitter(exporter);

  const history: History = new Map();
  const deaths: Death[] = [];
  const keep = (step: Step): void => {
    remember(history, step);
    if (isDeath(step) && deaths.push(step) > deathsMax) deaths.shift();
  };
  const silent = !fresh;
  let sinks = {
    step: (step: Step): void => (silent ? undefined : keep(step)),
    note: silent ? () => undefined : manifest.write,
  };
  const faults = createFaultPlan(seed, config.faults);
  const business = createBusiness({
    seed,
    ratePerMinute,
    faults,
    fromMs: startedAtMs,
    emit: (step) => {
      if (step.kind === 'record') tables?.put(step);
      sinks.step(step);
    },
    note: (entry) => sinks.note(entry),
  });
  if (before) advance(business, before.untilMs);
  sinks = { step: keep, note: manifest.write };

  const sinceMs = before?.untilMs ?? startedAtMs;
  say(
    `seed ${seed}, ${ratePerMinute} transactions a minute: telling what happened since ${new Date(sinceMs).toISOString()}.`,
  );
  await backfill(business, history, openedMs, emit, exporter, progress(exporter));
  const rows = await tables?.store();
  const { spans, logs } = exporter.counts();
  const seconds = ((Date.now() - openedMs) / 1000).toFixed(1);
  say(
    `history stored in ${seconds} s: ${spans} spans, ${logs} logs${rows === undefined ? '' : `, ${rows} rows`}.`,
  );
  await inbox.remember(deaths.map(({ message, attempt }) => ({ message, deliveries: attempt })));
  for (const death of deaths) intake?.put(death);
  const told = (untilMs: number): void =>
    writeState(statePath, { seed, ratePerMinute, startedAtMs, untilMs });
  told(openedMs);

  if (!config.once && !stop.aborted) {
    const emitLive = emitWhenOver(
      (step) => {
        emit(step);
        if (isDeath(step) && diedOverHttp(step)) intake?.put(step);
      },
      Date.now,
      stop,
    );
    sinks.step = emitLive;
    const desk = createDesk(business, inbox, Date.now, stop);
    const numbers = createBurstNumbers();
    const { controlPort: port, amqpUrl, kafkaUrl } = config;
    const control = await serveControl({
      port,
      faults,
      inbox,
      note: manifest.write,
      latest: manifest.latest,
      now: Date.now,
      gateway: createGateway(desk, emitLive, Date.now),
      burst: (flow, count) => {
        const effects = burstOf(flow, seed, numbers.take(count, Date.now()));
        inject(business, effects ?? [], Date.now());
        return effects && messagesOn(flow, effects).map(({ id }) => id);
      },
    });
    say(
      `live. Break something: curl -X POST -H 'content-type: application/json' -d '{"kind":"outage","flow":"shop-order-to-erp","minutes":1,"burst":400}' http://127.0.0.1:${port}/faults`,
    );
    const filesDir = join(config.dataDir, 'distributor-files');
    await runLive({
      business,
      exporter,
      emit: emitLive,
      desk,
      tables,
      amqpUrl,
      kafkaUrl,
      fresh,
      filesDir,
      now: Date.now,
      say,
      stop,
      told,
    });
    control.close();
  }
  const left = await intake?.drained(config.once ? letterPatienceMs : 0);
  if (left) say(`${left} dead letters were not taken in.`);
  await inbox.close();
  await tables?.close();
  await manifest.close();
}

/** An earlier run of the same business is continued, unless it lies too far back to be lived through again. */
function continuing(config: Config, state: State | undefined): State | undefined {
  if (!state || config.fresh) return undefined;
  const same = state.seed === config.seed && state.ratePerMinute === config.ratePerMinute;
  return same && Date.now() - state.startedAtMs < 90 * dayMs ? state : undefined;
}

function openExporter(config: Config, stop: AbortSignal): Exporter {
  const { otlpUrl: url, otlpToken: token, patienceMs } = config;
  return createExporter({ url, token, patienceMs, now: Date.now, say, stop });
}

async function tablesOf(config: Config, fresh: boolean): Promise<Tables | undefined> {
  if (!config.databaseUrl) {
    say('DATABASE_URL is not set: the systems go without tables of their own.');
    return undefined;
  }
  try {
    return await openTables(config.databaseUrl, fresh);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    say(`no tables: the database "distributor" cannot be opened on the server of DATABASE_URL (${reason}).`);
    return undefined;
  }
}

/** Without tables of their own consumers keep their inbox in memory. */
async function inboxOf(
  { databaseUrl, inbox: once }: Config,
  tables: boolean,
  fresh: boolean,
): Promise<Inbox> {
  if (!once) say('--no-inbox: what is delivered twice takes effect twice.');
  if (!databaseUrl || !tables) return createMemoryInbox(once);
  return openInbox({ databaseUrl: databaseUrlOf(databaseUrl), fresh, once });
}

function intakeOf({ apiUrl, dataDir }: Config, stop: AbortSignal): Intake | undefined {
  if (apiUrl) return openIntake({ apiUrl, dataDir, now: Date.now, say, stop });
  say('PLUMBLINE_API_URL is not set: dead letters that lie in no queue are told in telemetry alone.');
  return undefined;
}

function burstOf(flow: string, seed: number, numbers: string[] | undefined): Effect[] | undefined {
  return numbers && burstOn(flow, seed, numbers, Date.now());
}

function progress(exporter: Exporter): (hoursLeft: number) => void {
  let saidMs = Date.now();
  return (hoursLeft) => {
    if (Date.now() - saidMs < 2000) return;
    saidMs = Date.now();
    const { spans, logs } = exporter.counts();
    say(`${spans} spans and ${logs} logs stored, ${hoursLeft} hours of history to go.`);
  };
}

/** One sentence for whoever started it; the stack only for bugs. */
function explain(error: unknown): string {
  if (error instanceof CollectorAway || error instanceof WrongConfig) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
try {
  const config = readConfig(process.argv.slice(2), process.env);
  if (config === 'help') process.stdout.write(`${usage}\n`);
  else await run(config, stopping.signal);
} catch (error) {
  if (!stopping.signal.aborted) {
    process.stderr.write(`distributor: ${explain(error)}\n`);
    process.exit(1);
  }
}
