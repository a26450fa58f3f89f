import type { Catalog } from '@plumbline/model/catalog/schema.ts';
import { parseBusinessKey } from '@plumbline/model/telemetry/business-key.ts';
import type { Context } from '../context.ts';
import { readTraceIndex } from '../traces/queries.ts';
import { limits, linkReader } from '../transactions/queries.ts';
import { findLeads, type Lead } from '../transactions/resolve-keys.ts';
import { findKeys, type FoundKey } from './find-keys.ts';
import type { SearchHit } from './schemas.ts';
import { idPrefixes, wholeIds } from './whole-ids.ts';

const hitsMax = 20;
const keysMax = 12;
/** A number stands in one run as a rule; of one that stands in many (a ledger entry of a day) the first few are enough. */
const runsOfKeyMax = 4;

/**
 * Where a number or a name leads: transactions by any of their keys, a trace by its id, flows and systems by name. What
 * is exactly what was typed comes first.
 */
export async function search(context: Context, text: string): Promise<SearchHit[]> {
  const { catalog } = context.catalog.current();
  const [traces, transactions] = await Promise.all([
    /^[0-9a-f]{32}$/i.test(text) ? findTrace(context, text.toLowerCase()) : [],
    findTransactions(context, catalog, text),
  ]);
  const names = findNames(catalog, text);
  const wanted = text.toLowerCase();
  const exactNames = names.filter(({ id, title }) => id === wanted || title.toLowerCase() === wanted);
  const otherNames = names.filter((name) => !exactNames.includes(name));
  return [...traces, ...exactNames, ...transactions, ...otherNames].slice(0, hitsMax);
}

async function findTrace(context: Context, traceId: string): Promise<SearchHit[]> {
  const rows = await readTraceIndex(context.clickHouse, [traceId]);
  return rows.map((row) => ({
    kind: 'trace',
    id: traceId,
    title: row.name || traceId,
    detail: `${row.spans} ${row.spans === 1 ? 'span' : 'spans'} of ${row.services.join(', ')}`,
    lastAt: row.end,
  }));
}

/** One hit for each run of a key; several keys of one run keep their own titles, and all lead to the run's lead key. */
async function findTransactions(context: Context, catalog: Catalog, text: string): Promise<SearchHit[]> {
  const { clickHouse } = context;
  const { entities } = catalog;
  const found = await findKeys(
    clickHouse,
    [text, ...wholeIds(text, entities)],
    keysMax,
    idPrefixes(text, entities),
  );
  const leads = await findLeads(
    found.map(({ key }) => key),
    catalog.processes,
    linkReader(clickHouse),
    limits.keys,
  );
  return found.flatMap((each) => {
    const runs = leads.get(each.key)?.slice(0, runsOfKeyMax) ?? [undefined];
    return runs.map((lead) => hitOf(each, lead, catalog));
  });
}

function hitOf({ key, lastAt }: FoundKey, lead: Lead | undefined, catalog: Catalog): SearchHit {
  const entity = catalog.entities.find(({ name }) => key.startsWith(`${name}:`));
  const what = entity?.title ?? key.slice(0, key.indexOf(':'));
  const whose = !lead
    ? 'not part of any process'
    : lead.key === key
      ? lead.process.title
      : `${lead.process.title} of ${parseBusinessKey(lead.key)?.id ?? lead.key}`;
  return { kind: 'transaction', id: lead?.key ?? key, title: key, detail: `${what}, ${whose}`, lastAt };
}

function findNames(catalog: Catalog, text: string): SearchHit[] {
  const wanted = text.toLowerCase();
  const fits = ({ name, title }: { name: string; title: string }) =>
    name.includes(wanted) || title.toLowerCase().includes(wanted);
  const flows = catalog.flows.filter(fits).map(({ name, title, source, target }) => ({
    kind: 'flow' as const,
    id: name,
    title,
    detail: `Flow from ${source} to ${target}`,
    lastAt: null,
  }));
  const systems = catalog.systems.filter(fits).map(({ name, title, owner }) => ({
    kind: 'system' as const,
    id: name,
    title,
    detail: `System of ${owner}`,
    lastAt: null,
  }));
  return [...flows, ...systems];
}
