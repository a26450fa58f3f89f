import type { Context } from '../context.ts';
import type { TimeRange } from '../range.ts';
import { trimZeros } from '../transactions/list-transactions.ts';
import { linkReader } from '../transactions/queries.ts';
import { findLeads } from '../transactions/resolve-keys.ts';
import { readRunsOf, type RunRow } from '../transactions/run-queries.ts';
import {
  readFailedKeys,
  readFailures,
  readFirstMessages,
  readLetterGroups,
  readReplays,
} from './impact-queries.ts';
import { readIncident } from './queries.ts';
import type { IncidentImpact } from './schemas.ts';

const keysMax = 500;
const runsMax = 500;
const itemsMax = 20;
/** Of a trouble that lasts for weeks, the newest part is looked at. */
const rangeMsMax = 14 * 86_400_000;

/** What the trouble did: messages, transactions and money, dead letters and what was replayed of them. @throws Problem not_found */
export async function readImpact(context: Context, number: number): Promise<IncidentImpact> {
  const { clickHouse, postgres } = context;
  const incident = await readIncident(postgres, number);
  const { flows } = incident;
  const range = rangeOf(incident, context.now());
  const asked = { flows, range };
  const isNamed = flows.length > 0;
  const [failures, firstMessages, transactions, deadLetters, replays] = await Promise.all([
    isNamed ? readFailures(clickHouse, asked) : [],
    isNamed ? readFirstMessages(clickHouse, asked) : [],
    isNamed ? readTransactions(context, asked) : atRiskOf([], true),
    isNamed ? readLetterGroups(postgres, asked) : [],
    isNamed ? readReplays(postgres, flows, range.from) : [],
  ]);
  return {
    from: range.from.toISOString(),
    to: range.to.toISOString(),
    failures,
    firstMessages,
    transactions,
    deadLetters,
    replays,
  };
}

/** From the first bad event to the end, or now. */
function rangeOf(
  { impactStartedAt, restoredAt }: { impactStartedAt: string; restoredAt: string | null },
  now: Date,
): TimeRange {
  const to = restoredAt === null ? now : new Date(restoredAt);
  return { from: new Date(Math.max(Date.parse(impactStartedAt), to.getTime() - rangeMsMax)), to };
}

async function readTransactions(context: Context, asked: { flows: readonly string[]; range: TimeRange }) {
  const { clickHouse } = context;
  const { processes } = context.catalog.current().catalog;
  const keys = await readFailedKeys(clickHouse, asked, keysMax + 1);
  const examined = keys.slice(0, keysMax);
  const leads = await findLeads(examined, processes, linkReader(clickHouse), keysMax * 10);
  const leadKeys = [...new Set([...leads.values()].flat().map(({ key }) => key))];
  const runs = await readRunsOf(clickHouse, processes, leadKeys.slice(0, runsMax), context.now());
  return atRiskOf(runs, keys.length <= keysMax && leadKeys.length <= runsMax);
}

/** What of these runs is at risk: those that are not completed, and their value by currency. Pure. */
export function atRiskOf(runs: readonly RunRow[], isWhole: boolean): IncidentImpact['transactions'] {
  const open = runs.filter(({ state }) => !state.startsWith('completed'));
  const sums = new Map<string, bigint>();
  for (const { amount, currency } of open) {
    if (amount !== null) sums.set(currency, (sums.get(currency) ?? 0n) + millionths(amount));
  }
  const byValue = open.toSorted((one, other) => {
    const difference = millionths(other.amount ?? '0') - millionths(one.amount ?? '0');
    return difference === 0n ? one.key.localeCompare(other.key) : difference > 0n ? 1 : -1;
  });
  return {
    count: runs.length,
    open: open.length,
    isWhole,
    atRisk: [...sums]
      .map(([currency, sum]) => ({ currency, amount: trimZeros(decimalOf(sum)) }))
      .sort((one, other) => one.currency.localeCompare(other.currency)),
    items: byValue.slice(0, itemsMax).map(({ key, process, state, startedAt, amount, currency }) => ({
      key,
      process,
      state,
      startedAt,
      amount: amount === null ? null : trimZeros(amount),
      currency,
    })),
  };
}

/** Money is summed as whole millionths, so no cent is lost. */
function millionths(decimal: string): bigint {
  const [whole = '0', fraction = ''] = decimal.replace('-', '').split('.');
  const value = BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, '0').slice(0, 6));
  return decimal.startsWith('-') ? -value : value;
}

function decimalOf(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString().padStart(7, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}
