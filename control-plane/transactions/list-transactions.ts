import type { Process } from '@plumbline/model/catalog/schema.ts';
import type { Context } from '../context.ts';
import type { TimeRange } from '../range.ts';
import { findKeys } from '../search/find-keys.ts';
import { judgeMilestones, waitingFor } from './milestones.ts';
import { limits, readLinks, readRuns, type RunRow } from './queries.ts';
import { resolveKeys } from './resolve-keys.ts';
import type { TransactionState, TransactionSummary } from './schemas.ts';

const keysMax = 20;

export interface TransactionFilter {
  readonly range: TimeRange;
  /** Any number that a person has in hand; empty: all. */
  readonly text: string;
  /** Empty: all processes. */
  readonly process: string;
  readonly states: readonly TransactionState[];
  readonly after: readonly [startedAt: string, key: string] | undefined;
  readonly limit: number;
}

/** Transactions that began in the range, newest first. */
export async function listTransactions(
  context: Context,
  filter: TransactionFilter,
): Promise<TransactionSummary[]> {
  const { processes } = context.catalog.current().catalog;
  const wanted = filter.process ? processes.filter(({ name }) => name === filter.process) : processes;
  const keys = filter.text ? await leadsOf(context, filter.text) : null;
  const now = context.now();
  const runs = await readRuns(context.clickHouse, wanted, { ...filter, now, keys });
  return runs.flatMap((run) => {
    const process = processes.find(({ name }) => name === run.process);
    return process ? [summaryOf(process, run, now)] : [];
  });
}

/** Lead keys of the runs that a number belongs to. */
async function leadsOf(context: Context, text: string): Promise<string[]> {
  const found = await findKeys(context.clickHouse, text, keysMax);
  const { processes } = context.catalog.current().catalog;
  const resolved = await Promise.all(
    found.map(({ key }) =>
      resolveKeys(key, processes, (keys) => readLinks(context.clickHouse, keys), limits.keys),
    ),
  );
  return [...new Set(resolved.flatMap(({ lead }) => lead ?? []))];
}

function summaryOf(process: Process, run: RunRow, now: Date): TransactionSummary {
  const reached = new Map(
    process.milestones.flatMap(({ name }, index) =>
      run.at[index] ? [[name, new Date(run.at[index])] as const] : [],
    ),
  );
  const verdicts = judgeMilestones(process, reached, now);
  const next = waitingFor(verdicts);
  return {
    process: process.name,
    processTitle: process.title,
    key: run.key,
    state: run.state,
    startedAt: run.startedAt,
    lastAt: run.lastAt,
    reached: reached.size,
    total: verdicts.filter(({ milestone, at }) => !milestone.optional || at !== null).length,
    waitingFor: next
      ? {
          name: next.milestone.name,
          title: next.milestone.title,
          system: next.milestone.system,
          dueAt: next.dueAt?.toISOString() ?? null,
        }
      : null,
    value: run.amount === null ? null : { amount: trimZeros(run.amount), currency: run.currency },
  };
}

/** A decimal with at least two places and no other zeros at its end: 12.500000 becomes 12.50. */
export function trimZeros(decimal: string): string {
  const [whole = '0', fraction = ''] = decimal.split('.');
  return `${whole}.${fraction.replace(/0+$/, '').padEnd(2, '0')}`;
}
