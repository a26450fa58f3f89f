import { join } from 'node:path';
import { createFaultPlan } from './business/faults.ts';
import { advance, createBusiness } from './business/simulate.ts';
import type { Step } from './business/types.ts';
import { readConfig, usage, WrongConfig, type Config } from './config.ts';
import { backfill, remember, type History } from './history.ts';
import { openDoor } from './live/door.ts';
import { goLive } from './live/go-live.ts';
import { openInbox, type Inbox } from './live/inbox.ts';
import { openIntake, type Intake } from './live/intake.ts';
import { isDeath, type Death } from './live/letters.ts';
import { createMemoryInbox } from './live/memory-inbox.ts';
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
  let hoursLeft: number | undefined;
  const door = config.once ? undefined : await openDoor(config.controlPort, () => hoursLeft);
  stop.addEventListener('abort', () => door?.close(), { once: true });
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
  advance(business, openedMs);
  // Before the long telling, so that a fresh demo has dead letters to look at within seconds.
  await inbox.remember(deaths.map(({ message, attempt }) => ({ message, deliveries: attempt })));
  for (const death of deaths) intake?.put(death);
  const sayProgress = progress(exporter);
  await backfill(business, history, openedMs, emit, exporter, (hours) => {
    hoursLeft = hours;
    sayProgress(hours);
  });
  const rows = await tables?.store();
  const { spans, logs } = exporter.counts();
  const seconds = ((Date.now() - openedMs) / 1000).toFixed(1);
  say(
    `history stored in ${seconds} s: ${spans} spans, ${logs} logs${rows === undefined ? '' : `, ${rows} rows`}.`,
  );
  const told = (untilMs: number): void =>
    writeState(statePath, { seed, ratePerMinute, startedAtMs, untilMs });
  told(openedMs);

  if (door && !stop.aborted) {
    await goLive({
      door,
      config,
      business,
      faults,
      exporter,
      manifest,
      tables,
      inbox,
      intake,
      fresh,
      told,
      say,
      stop,
      now: Date.now,
      emit,
      simulated: (step) => (sinks.step = step),
    });
  }
  const left = await intake?.drained(config.once ? letterPatienceMs : 0);
  if (left) say(`${left} dead letters were not taken in.`);
  door?.close();
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
