import { createHash } from 'node:crypto';
import { type CatalogError, compareCatalogErrors, compareTexts } from './catalog-error.ts';
import { readEntitySchemas } from './entity-schemas.ts';
import { compileObjectives } from './compile-objectives.ts';
import { compileKpis } from './check-kpi.ts';
import { compileProbes } from './check-probe.ts';
import { findDoubts } from './overlaps.ts';
import { type Located, parseFiles } from './parse-files.ts';
import { checkReferences } from './references.ts';
import { type Catalog } from './schema.ts';

/** More errors than this help nobody; the rest is counted. */
const errorsMax = 200;

export type CatalogResult =
  | { readonly ok: true; readonly catalog: Catalog; readonly warnings: readonly CatalogError[] }
  | { readonly ok: false; readonly errors: readonly CatalogError[] };

/**
 * Makes a catalog of files (path relative to the catalog directory → text). Pure: the same texts
 * give the same catalog and hash whatever the order of files and items, spacing or comments.
 */
export function compileCatalog(texts: ReadonlyMap<string, string>): CatalogResult {
  const { declared, documents, sources, errors } = parseFiles(texts);
  // A file that does not parse declares nothing: complaints about names it would have declared would mislead.
  if (errors.length > 0) return refused(errors);
  const read = declared.entities.map((entity) => readEntitySchemas(entity, sources));
  const measured = compileObjectives(documents, {
    systems: declared.systems.map(({ item }) => item.name),
    flows: declared.flows.map(({ item }) => item.name),
  });
  const probed = compileProbes(documents, {
    systems: declared.systems.map(({ item }) => item.name),
    flows: declared.flows.map(({ item }) => item.name),
    connections: declared.connections.map(({ item }) => item),
  });
  const kept = compileKpis(documents, {
    systems: declared.systems.map(({ item }) => item.name),
    flows: declared.flows.map(({ item }) => item.name),
    entities: declared.entities.map(({ item }) => item.name),
    processes: declared.processes.map(({ item }) => item.name),
    calendars: measured.calendars.map(({ name }) => name),
  });
  const found = [
    ...checkReferences(declared),
    ...read.flatMap((entity) => entity.errors),
    ...measured.errors,
    ...probed.errors,
    ...kept.errors,
  ];
  if (found.length > 0) return refused(found);
  const content = {
    systems: sorted(declared.systems),
    connections: sorted(declared.connections),
    entities: read.map(({ entity }) => entity).toSorted((a, b) => compareTexts(a.name, b.name)),
    flows: sorted(declared.flows),
    processes: sorted(declared.processes),
    calendars: measured.calendars,
    objectives: measured.objectives,
    probes: probed.probes,
    kpis: kept.kpis,
    kpiReports: kept.kpiReports,
  };
  const warnings = [
    ...read.flatMap((entity) => entity.warnings),
    ...findDoubts(declared),
    ...measured.warnings,
  ];
  return {
    ok: true,
    catalog: { hash: hashContent(content), ...content },
    warnings: warnings.toSorted(compareCatalogErrors).slice(0, errorsMax),
  };
}

/** Catalog of a new installation: nothing declared yet. */
export function emptyCatalog(): Catalog {
  const content = {
    systems: [],
    connections: [],
    entities: [],
    flows: [],
    processes: [],
    calendars: [],
    objectives: [],
    probes: [],
    kpis: [],
    kpiReports: [],
  };
  return { hash: hashContent(content), ...content };
}

/** Text of a value with the keys of every mapping in order: equal values give equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => compareTexts(a, b)));
  });
}

function hashContent(content: Omit<Catalog, 'hash'>): string {
  return createHash('sha256').update(canonicalJson(content)).digest('hex');
}

function sorted<T extends { readonly name: string }>(items: readonly Located<T>[]): T[] {
  return items.map(({ item }) => item).toSorted((a, b) => compareTexts(a.name, b.name));
}

function refused(errors: readonly CatalogError[]): CatalogResult {
  const ordered = errors.toSorted(compareCatalogErrors);
  const rest = ordered.length - errorsMax;
  const last = ordered[errorsMax - 1];
  if (rest <= 0 || last === undefined) return { ok: false, errors: ordered };
  const more = { ...last, line: 0, column: 0, path: '', message: `and ${rest} more errors` };
  return { ok: false, errors: [...ordered.slice(0, errorsMax), more] };
}
