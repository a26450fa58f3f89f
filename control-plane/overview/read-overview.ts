import type { Context } from '../context.ts';
import { readCauses, readTotals } from '../flows/queries.ts';
import { causeOf } from '../flows/read-flow.ts';
import type { FlowSummary, Health } from '../flows/schemas.ts';
import { summarizeFlows } from '../flows/summarize.ts';
import type { TimeRange } from '../range.ts';
import { slotInstant, slotSeconds, slotStarts, wholeMinutes } from '../slots.ts';
import { countRuns, type StateCount } from '../transactions/run-queries.ts';
import { trimZeros } from '../transactions/list-transactions.ts';
import { readNewest } from './queries.ts';
import type { Overview } from './schemas.ts';

const causesMax = 8;
/** What began within an hour is hardly ever due: whether work is held up shows over a week. */
const runsMsMin = 7 * 86_400_000;

/** Answers the count of runs that it is given a key for, asking for it as seldom as it sees fit. */
export type CountOnce = (key: string, ask: () => Promise<StateCount[]>) => Promise<StateCount[]>;

/** The first page: flows by health, what fails and why, and what it holds up. */
export async function readOverview(
  context: Context,
  range: TimeRange,
  countOnce: CountOnce,
): Promise<Overview> {
  const { clickHouse } = context;
  const { catalog } = context.catalog.current();
  const whole = wholeMinutes(range);
  const stepSeconds = slotSeconds(whole);
  const began = {
    from: new Date(Math.min(whole.from.getTime(), whole.to.getTime() - runsMsMin)),
    to: whole.to,
  };
  const [flows, totals, causes, runs, newestAt] = await Promise.all([
    summarizeFlows(context, range),
    readTotals(clickHouse, whole, stepSeconds),
    readCauses(clickHouse, whole, '', causesMax),
    countOnce(`${catalog.hash} ${began.from.getTime()} ${began.to.getTime()}`, () =>
      countRuns(clickHouse, catalog.processes, began, context.now()),
    ),
    readNewest(clickHouse, context.now()),
  ]);
  const totalBySlot = new Map(totals.map((total) => [total.slot, total]));
  const runsByProcess = Map.groupBy(runs, ({ process }) => process);
  return {
    range: { from: range.from.toISOString(), to: range.to.toISOString() },
    stepSeconds,
    newestAt,
    flowsByHealth: countHealth(flows),
    totals: totalsOf(flows),
    series: slotStarts(whole, stepSeconds).map((start) => ({
      at: slotInstant(start),
      processed: totalBySlot.get(start)?.processed ?? 0,
      failed: totalBySlot.get(start)?.failed ?? 0,
    })),
    flows: [...flows],
    causes: causes.map((cause) => ({ ...causeOf(cause), flow: cause.flow })),
    runsFrom: began.from.toISOString(),
    processes: catalog.processes.map((process) => ({
      process: process.name,
      title: process.title,
      ...countStates(runsByProcess.get(process.name) ?? []),
    })),
  };
}

function countHealth(flows: readonly FlowSummary[]): Record<Health, number> {
  const counts: Record<Health, number> = {
    failing: 0,
    silent: 0,
    degraded: 0,
    recovered: 0,
    healthy: 0,
    idle: 0,
  };
  for (const { health } of flows) counts[health] += 1;
  return counts;
}

function totalsOf(flows: readonly FlowSummary[]): Overview['totals'] {
  const sum = (
    figure: 'sent' | 'processed' | 'failed' | 'retried' | 'deadLettered' | 'delivered' | 'discarded',
  ) => flows.reduce((total, { figures }) => total + figures[figure], 0);
  const failed = sum('failed');
  const attempts =
    failed + sum('delivered') + flows.reduce((total, { figures }) => total + figures.discarded, 0);
  return {
    sent: sum('sent'),
    processed: sum('processed'),
    failed,
    retried: sum('retried'),
    deadLettered: sum('deadLettered'),
    failedRatio: attempts > 0 ? failed / attempts : null,
  };
}

function countStates(runs: readonly StateCount[]) {
  const count = (...states: StateCount['state'][]) =>
    runs.filter(({ state }) => states.includes(state)).reduce((sum, run) => sum + run.count, 0);
  return {
    total: count('on_track', 'late', 'completed', 'completed_late'),
    completed: count('completed', 'completed_late'),
    onTrack: count('on_track'),
    late: count('late'),
    lateValue: runs
      .filter(({ state, currency, amount }) => state === 'late' && currency !== '' && Number(amount) !== 0)
      .map(({ amount, currency }) => ({ amount: trimZeros(amount), currency })),
  };
}
