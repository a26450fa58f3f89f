import { nominalMinutes } from '@plumbline/model/catalog/burn-windows.ts';
import type { Objective } from '@plumbline/model/catalog/objective.ts';
import type { Catalog } from '@plumbline/model/catalog/schema.ts';
import type { ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { periodAt } from './budget-window.ts';
import { type BusinessTime, createBusinessTime } from './business-time.ts';
import { type Correction, correctedIntervals } from './correction.ts';
import {
  evaluate,
  explain,
  type Explanation,
  newObjectiveState,
  type ObjectiveState,
  type Transition,
} from './evaluate.ts';
import { dayMinutes, type Interval, minuteOf } from './interval.ts';
import { readMinutes } from './queries.ts';
import {
  countHeard,
  countsOf,
  createReadings,
  firstMinute,
  forget,
  heardOf,
  type Readings,
  takeIn,
} from './readings.ts';
import { createReel, type Reel, type Tape, windTape } from './tape.ts';

/** The minute that ends now may still fill: rollups are a few seconds behind. */
const graceMinutes = 1;
const recentMinutes = 60;
const olderMinutes = 180;
const historyStepMinutes = 720;
/**
 * Where minutes that were over turn up all at once, somebody tells the past: all of it is read again, at most this often.
 */
const lateAfterMinutes = 15;
const backFillMinutesMin = 10;
const historyEveryMs = 5 * 60_000;
/** Missed minutes are evaluated one by one up to this many; after a longer absence, the last ones. */
const catchUpMinutesMax = 120;

/** What runs objectives keeps in memory between ticks. */
export interface Engine {
  readonly catalog: Pick<Catalog, 'hash' | 'flows' | 'objectives'>;
  readonly readings: Readings;
  readonly calendars: ReadonlyMap<string, BusinessTime>;
  /** Start of the oldest time that any objective needs. */
  readonly keepMinutes: number;
  readonly reel: Reel;
  /** When the whole history was read last. */
  historyReadMs: number;
  /** The older stretch that the next tick reads again, for what came very late. */
  olderFrom: number;
}

/** What the store knows of one objective. */
export interface Kept {
  readonly state: ObjectiveState;
  readonly corrections: readonly Correction[];
  /** The minute in which the objective was first seen in the catalog. */
  readonly createdMinute: number;
}

export interface Outcome {
  readonly objective: Objective;
  readonly state: ObjectiveState;
  readonly transitions: readonly Transition[];
  readonly explanation: Explanation;
}

export function createEngine(catalog: Pick<Catalog, 'hash' | 'flows' | 'objectives' | 'calendars'>): Engine {
  const longest = Math.max(...catalog.objectives.map(({ window }) => neededMinutes(window)), dayMinutes);
  return {
    catalog,
    readings: createReadings(catalog),
    calendars: new Map(catalog.calendars.map((calendar) => [calendar.name, createBusinessTime(calendar)])),
    keepMinutes: longest,
    reel: createReel(),
    historyReadMs: 0,
    olderFrom: 0,
  };
}

/**
 * Reads the past that objectives need, some time in each query. Once after a start, and when the catalog has changed.
 * @param flows those that are needed; none named: all of them
 */
export async function readHistory(
  engine: Engine,
  clickHouse: ClickHouse,
  nowMs: number,
  { flows = [], stepMinutes = historyStepMinutes }: { flows?: readonly string[]; stepMinutes?: number } = {},
): Promise<void> {
  const to = minuteOf(nowMs);
  const nothing = { from: to, to };
  for (let from = to - engine.keepMinutes; from < to; from += stepMinutes) {
    takeIn(
      engine.readings,
      await readMinutes(clickHouse, { from, to: Math.min(to, from + stepMinutes) }, nothing, flows),
    );
  }
  engine.olderFrom = to - engine.keepMinutes;
  engine.historyReadMs = nowMs;
}

/**
 * One tick: one query for all objectives, then every objective evaluated for each minute that has ended since its last
 * evaluation. Changes nothing but the engine; whoever calls stores the outcomes.
 * @throws StoreError when ClickHouse does not answer; nothing was evaluated then.
 */
export async function runTick(
  engine: Engine,
  clickHouse: ClickHouse,
  keptOf: (objective: Objective) => Kept,
  nowMs: number,
): Promise<Outcome[]> {
  const now = minuteOf(nowMs);
  const recent = { from: now - recentMinutes, to: now };
  const older = nextOlder(engine, recent.from);
  const settled = { from: recent.from, to: now - lateAfterMinutes };
  const before = countHeard(engine.readings, settled);
  takeIn(engine.readings, await readMinutes(clickHouse, recent, older));
  const isBackFilled = countHeard(engine.readings, settled) - before >= backFillMinutesMin;
  if (isBackFilled && nowMs - engine.historyReadMs >= historyEveryMs)
    await readHistory(engine, clickHouse, nowMs);
  forget(engine.readings, now - engine.keepMinutes - dayMinutes);
  const minute = now - graceMinutes;
  return engine.catalog.objectives.map((objective) =>
    evaluateUpTo(engine, objective, keptOf(objective), minute),
  );
}

/** Running sums of one objective over a stretch, as live evaluation sees it: what a backtest runs on too. */
export function tapeFor(
  engine: Engine,
  objective: Objective,
  kept: Kept,
  { from, to }: Interval,
  reel?: Reel,
): Tape {
  const heard = heardOf(engine.readings, objective.indicator);
  const calendar = objective.calendar === null ? undefined : engine.calendars.get(objective.calendar);
  const start = from - dayMinutes;
  const measured = {
    counts: countsOf(engine.readings, objective.indicator),
    heard,
    open: calendar === undefined ? null : calendar.openIntervals(start, to),
    corrected: correctedIntervals(kept.corrections, start, to),
    sinceMinute: Math.min(kept.createdMinute, firstMinute(heard) ?? kept.createdMinute),
  };
  return windTape(objective, measured, from, to, reel);
}

function evaluateUpTo(engine: Engine, objective: Objective, kept: Kept, minute: number): Outcome {
  const { evaluatedMinute } = kept.state;
  // A second tick within a minute looks again, and moves nothing.
  const ahead = evaluatedMinute !== null && evaluatedMinute >= minute;
  const oldest = minute - catchUpMinutesMax + 1;
  const first = ahead ? minute : Math.max((evaluatedMinute ?? minute - 1) + 1, oldest);
  const from = Math.min(periodAt(objective.window, first).from, first - nominalMinutes(objective.window));
  const slices = {
    tape: tapeFor(engine, objective, kept, { from, to: minute }, engine.reel),
    watermarkMinute: engine.readings.newestMinute ?? kept.createdMinute,
  };
  if (ahead) {
    return { objective, state: kept.state, transitions: [], explanation: explain(objective, slices, minute) };
  }
  let evaluated = evaluate(objective, kept.state, slices, first);
  const transitions = [...evaluated.transitions];
  for (let each = first + 1; each <= minute; each += 1) {
    evaluated = evaluate(objective, evaluated.state, slices, each);
    transitions.push(...evaluated.transitions);
  }
  return { objective, state: evaluated.state, transitions, explanation: evaluated.explanation };
}

/** Each tick reads another three hours of the past again: within four hours, all of thirty days. */
function nextOlder(engine: Engine, end: number): Interval {
  const begin = end - engine.keepMinutes;
  const from = engine.olderFrom < begin || engine.olderFrom >= end ? begin : engine.olderFrom;
  const to = Math.min(end, from + olderMinutes);
  engine.olderFrom = to;
  return { from, to };
}

function neededMinutes(window: Objective['window']): number {
  // A period of the calendar may be a little longer than it is reckoned.
  return nominalMinutes(window) + (window.kind === 'calendar' ? 8 * dayMinutes : 0);
}

export const newKept = (createdMinute: number): Kept => ({
  state: newObjectiveState,
  corrections: [],
  createdMinute,
});
