import type { Catalog } from '@plumbline/model/catalog/schema.ts';
import type { Context } from '../context.ts';
import { readTraceIndex } from '../traces/queries.ts';
import { limits, readLinks } from '../transactions/queries.ts';
import { resolveKeys } from '../transactions/resolve-keys.ts';
import { findKeys, type FoundKey } from './find-keys.ts';
import type { SearchHit } from './schemas.ts';

const hitsMax = 20;
const keysMax = 10;

/** Where a number or a name leads: transactions by any of their keys, a trace by its id, flows and systems by name. */
export async function search(context: Context, text: string): Promise<SearchHit[]> {
  const { catalog } = context.catalog.current();
  const [traces, transactions] = await Promise.all([
    /^[0-9a-f]{32}$/i.test(text) ? findTrace(context, text.toLowerCase()) : [],
    findTransactions(context, catalog, text),
  ]);
  return [...traces, ...transactions, ...findNames(catalog, text)].slice(0, hitsMax);
}

async function findTrace(context: Context, traceId: string): Promise<SearchHit[]> {
  const rows = await readTraceIndex(context.clickHouse, [traceId]);
  return rows.map((row) => ({
    kind: 'trace',
    id: traceId,
    title: row.name || traceId,
    detail: `${row.spans} spans of ${row.services.join(', ')}`,
    lastAt: row.end,
  }));
}

/** One hit a key; several keys of one run keep their own titles, and all lead to the run's lead key. */
async function findTransactions(context: Context, catalog: Catalog, text: string): Promise<SearchHit[]> {
  const found = await findKeys(context.clickHouse, text, keysMax);
  return Promise.all(
    found.map(async ({ key, lastAt }: FoundKey) => {
      const { lead, process } = await resolveKeys(
        key,
        catalog.processes,
        (keys) => readLinks(context.clickHouse, keys),
        limits.keys,
      );
      const entity = catalog.entities.find(({ name }) => key.startsWith(`${name}:`));
      const what = entity?.title ?? key.slice(0, key.indexOf(':'));
      const whose =
        process && lead
          ? lead === key
            ? process.title
            : `${process.title} of ${lead}`
          : 'not part of any process';
      return {
        kind: 'transaction' as const,
        id: lead ?? key,
        title: key,
        detail: `${what}, ${whose}`,
        lastAt,
      };
    }),
  );
}

function findNames(catalog: Catalog, text: string): SearchHit[] {
  const wanted = text.toLowerCase();
  const fits = ({ name, title }: { name: string; title: string }) =>
    name.includes(wanted) || title.toLowerCase().includes(wanted);
  return [
    ...catalog.flows.filter(fits).map(({ name, title, source, target }) => {
      return {
        kind: 'flow' as const,
        id: name,
        title,
        detail: `Flow from ${source} to ${target}`,
        lastAt: null,
      };
    }),
    ...catalog.systems.filter(fits).map(({ name, title, owner }) => {
      return { kind: 'system' as const, id: name, title, detail: `System of ${owner}`, lastAt: null };
    }),
  ];
}
