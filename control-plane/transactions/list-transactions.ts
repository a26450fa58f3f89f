import type { Process } from '@plumbline/model/catalog/schema.ts';
import type { Context } from '../context.ts';
import type { TimeRange } from '../range.ts';
import { findKeys } from '../search/find-keys.ts';
import { judgeMilestones, progressOf } from './milestones.ts';
import { limits, linkReader } from './queries.ts';
import { findLeads } from './resolve-keys.ts';
import { readRuns, readRunsOf, type RunRow } from './run-queries.ts';
import type { TransactionState, TransactionSummary } from './schemas.ts';

const keysMax = 20;

export interface TransactionFilter {
  readonly range: TimeRange;
  /** Any number that a person has in hand; empty: all. */
  readonly text: string;
  /** Empty: all processes. */
  readonly process: string;
  readonly states: readonly TransactionState[];
  /** Least value of a run, as a decimal; null: any. */
  readonly valueMin: string | null;
  readonly after: readonly [startedAt: string, key: string] | undefined;
  readonly limit: number;
}

/**
 * Transactions that began in the range, newest first. A text asks for the runs of that number, whenever they began:
 * who has a number in hand wants its run and not a range.
 */
export async function listTransactions(
  context: Context,
  filter: TransactionFilter,
): Promise<TransactionSummary[]> {
  const { processes } = context.catalog.current().catalog;
  const wanted = filter.process ? processes.filter(({ name }) => name === filter.process) : processes;
  const now = context.now();
  const runs = filter.text
    ? await runsOfText(context, wanted, filter, now)
    : await readRuns(context.clickHouse, wanted, { ...filter, now });
  return runs.flatMap((run) => {
    const process = processes.find(({ name }) => name === run.process);
    return process ? [summaryOf(process, run, now)] : [];
  });
}

/** All runs of a number are few: they are read whole, and what the filter leaves of them is one page. */
async function runsOfText(
  context: Context,
  processes: readonly Process[],
  { text, states, valueMin, after, limit }: TransactionFilter,
  now: Date,
): Promise<RunRow[]> {
  const keys = (await findKeys(context.clickHouse, [text], keysMax)).map(({ key }) => key);
  const { clickHouse } = context;
  const leads = await findLeads(keys, processes, linkReader(clickHouse), limits.keys);
  const leadKeys = [...new Set([...leads.values()].flat().map(({ key }) => key))].slice(0, keysMax);
  const runs = await readRunsOf(clickHouse, processes, leadKeys, now);
  return runs
    .filter(({ state }) => states.length === 0 || states.includes(state))
    .filter(({ amount }) => valueMin === null || (amount !== null && Number(amount) >= Number(valueMin)))
    .filter((run) => !after || run.startedAt < after[0] || (run.startedAt === after[0] && run.key < after[1]))
    .slice(0, limit);
}

function summaryOf(process: Process, run: RunRow, now: Date): TransactionSummary {
  const reached = new Map(
    process.milestones.flatMap(({ name }, index) =>
      run.at[index] ? [[name, new Date(run.at[index])] as const] : [],
    ),
  );
  const verdicts = judgeMilestones(process, reached, now);
  return {
    ...progressOf(process, verdicts),
    key: run.key,
    state: run.state,
    startedAt: run.startedAt,
    lastAt: run.lastAt,
    value: run.amount === null ? null : { amount: trimZeros(run.amount), currency: run.currency },
  };
}

/** A decimal with at least two places and no other zeros at its end: 12.500000 becomes 12.50. */
export function trimZeros(decimal: string): string {
  const [whole = '0', fraction = ''] = decimal.split('.');
  return `${whole}.${fraction.replace(/0+$/, '').padEnd(2, '0')}`;
}
