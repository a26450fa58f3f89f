import type { Context } from '../context.ts';
import type { TimeRange } from '../range.ts';
import { trimZeros } from '../transactions/list-transactions.ts';
import { linkReader } from '../transactions/queries.ts';
import { findLeads } from '../transactions/resolve-keys.ts';
import {
  countLed,
  readFailedKeys,
  readFailures,
  readFirstMessages,
  readLetterGroups,
  readReplays,
  readTopLed,
} from './impact-queries.ts';
import { readIncident } from './queries.ts';
import type { IncidentImpact } from './schemas.ts';

const keysMax = 2000;
const linkedMax = 10_000;
const nothing = { count: 0, open: 0, isWhole: true, atRisk: [], items: [] };
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
    isNamed ? readTransactions(context, asked) : nothing,
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

/** The transactions that the failed messages belong to, and what those that are open are worth. */
async function readTransactions(
  context: Context,
  asked: { flows: readonly string[]; range: TimeRange },
): Promise<IncidentImpact['transactions']> {
  const { clickHouse } = context;
  const { processes } = context.catalog.current().catalog;
  const entities = [...new Set(processes.flatMap((process) => [process.lead, ...process.entities]))];
  const keys = await readFailedKeys(clickHouse, asked, entities, keysMax + 1);
  const leads = await findLeads(keys.slice(0, keysMax), processes, linkReader(clickHouse), linkedMax);
  const led = [...new Set([...leads.values()].flat().map(({ key }) => key))];
  if (led.length === 0) return nothing;
  const examined = led.slice(0, keysMax);
  const [counts, items] = await Promise.all([
    countLed(clickHouse, processes, examined, context.now()),
    readTopLed(clickHouse, processes, examined, context.now()),
  ]);
  const open = counts.filter(({ isOpen }) => isOpen);
  const sum = (rows: typeof counts) => rows.reduce((total, { runs }) => total + runs, 0);
  return {
    count: sum(counts),
    open: sum(open),
    isWhole: keys.length <= keysMax && led.length <= keysMax,
    atRisk: open
      .filter(({ currency }) => currency !== '')
      .map(({ currency, amount }) => ({ currency, amount: trimZeros(amount) })),
    items: items.map((item) => ({ ...item, amount: item.amount === null ? null : trimZeros(item.amount) })),
  };
}
