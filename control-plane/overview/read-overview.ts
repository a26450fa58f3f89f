import type { Context } from '../context.ts';
import { readCauses } from '../flows/queries.ts';
import { causeOf } from '../flows/read-flow.ts';
import type { FlowSummary, Health } from '../flows/schemas.ts';
import { recentWindow, summarizeFlows } from '../flows/summarize.ts';
import type { TimeRange } from '../range.ts';
import { countRuns } from '../transactions/queries.ts';
import { trimZeros } from '../transactions/list-transactions.ts';
import type { Overview } from './schemas.ts';

const causesMax = 8;

/** The first page: flows by health, what fails and why, and what it holds up. */
export async function readOverview(context: Context, range: TimeRange): Promise<Overview> {
  const { catalog } = context.catalog.current();
  const [flows, causes, runs] = await Promise.all([
    summarizeFlows(context, range),
    readCauses(context.clickHouse, recentWindow(range), '', causesMax),
    countRuns(context.clickHouse, catalog.processes, range, context.now()),
  ]);
  const runsByProcess = Map.groupBy(runs, ({ process }) => process);
  return {
    range: { from: range.from.toISOString(), to: range.to.toISOString() },
    stepSeconds: stepOf(flows),
    newestAt: newestOf(flows),
    flowsByHealth: countHealth(flows),
    totals: totalsOf(flows),
    series: seriesOf(flows),
    flows,
    causes: causes.map((cause) => ({ ...causeOf(cause), flow: cause.flow })),
    processes: catalog.processes.map((process) => ({
      process: process.name,
      title: process.title,
      ...countStates(runsByProcess.get(process.name) ?? []),
    })),
  };
}

function stepOf(flows: readonly FlowSummary[]): number {
  const [first, second] = flows[0]?.spark ?? [];
  return first && second ? (Date.parse(second.at) - Date.parse(first.at)) / 1000 : 60;
}

function newestOf(flows: readonly FlowSummary[]): string | null {
  const instants = flows
    .flatMap(({ figures }) => [figures.lastSentAt, figures.lastProcessedAt])
    .filter((at) => at !== null);
  return instants.sort().at(-1) ?? null;
}

function countHealth(flows: readonly FlowSummary[]): Record<Health, number> {
  const counts: Record<Health, number> = { failing: 0, silent: 0, degraded: 0, healthy: 0, idle: 0 };
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

/** The sparks of all flows have the same slots: their sum is the series of the whole. */
function seriesOf(flows: readonly FlowSummary[]): Overview['series'] {
  const slots = flows[0]?.spark ?? [];
  return slots.map(({ at }, index) => ({
    at,
    processed: flows.reduce((sum, { spark }) => sum + (spark[index]?.processed ?? 0), 0),
    failed: flows.reduce((sum, { spark }) => sum + (spark[index]?.failed ?? 0), 0),
  }));
}

type RunCount = Awaited<ReturnType<typeof countRuns>>[number];

function countStates(runs: readonly RunCount[]) {
  const count = (...states: RunCount['state'][]) =>
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
