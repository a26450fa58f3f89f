import { canonicalJson } from './compile-catalog.ts';
import { type Catalog } from './schema.ts';

export type CatalogKind =
  | 'system'
  | 'connection'
  | 'entity'
  | 'flow'
  | 'process'
  | 'calendar'
  | 'objective'
  | 'probe'
  | 'kpi'
  | 'kpi-report';

export interface CatalogItemName {
  readonly kind: CatalogKind;
  readonly name: string;
}

export interface CatalogDiff {
  readonly added: readonly CatalogItemName[];
  readonly removed: readonly CatalogItemName[];
  /** `fields` are the top-level keys that differ, sorted. */
  readonly changed: readonly (CatalogItemName & { readonly fields: readonly string[] })[];
}

/** What changed from one catalog to the next, by kind and name. A renamed item is one removed and one added. */
export function diffCatalogs(before: Catalog, after: Catalog): CatalogDiff {
  const old = itemsOf(before);
  const now = itemsOf(after);
  const added: CatalogItemName[] = [];
  const changed: (CatalogItemName & { fields: string[] })[] = [];
  for (const [id, { kind, name, item }] of now) {
    const earlier = old.get(id);
    if (earlier === undefined) {
      added.push({ kind, name });
      continue;
    }
    const fields = changedFields(earlier.item, item);
    if (fields.length > 0) changed.push({ kind, name, fields });
  }
  const removed = [...old].filter(([id]) => !now.has(id)).map(([, { kind, name }]) => ({ kind, name }));
  return { added, removed, changed };
}

function itemsOf(catalog: Catalog): Map<string, { kind: CatalogKind; name: string; item: object }> {
  const lists: readonly (readonly [CatalogKind, readonly { readonly name: string }[]])[] = [
    ['system', catalog.systems],
    ['connection', catalog.connections],
    ['entity', catalog.entities],
    ['flow', catalog.flows],
    ['process', catalog.processes],
    ['calendar', catalog.calendars],
    ['objective', catalog.objectives],
    ['probe', catalog.probes],
    ['kpi', catalog.kpis],
    ['kpi-report', catalog.kpiReports],
  ];
  return new Map(
    lists.flatMap(([kind, items]) =>
      items.map((item) => [`${kind} ${item.name}`, { kind, name: item.name, item }]),
    ),
  );
}

function changedFields(before: object, after: object): string[] {
  const old = new Map(Object.entries(before));
  const now = new Map(Object.entries(after));
  const names = [...new Set([...old.keys(), ...now.keys()])].toSorted();
  return names.filter((name) => canonicalJson(old.get(name)) !== canonicalJson(now.get(name)));
}
