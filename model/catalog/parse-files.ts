import { type z } from 'zod';
import type { CatalogError } from './catalog-error.ts';
import { type LocatedDocument, parseDocument } from './documents.ts';
import { explainIssue } from './explain-issue.ts';
import { CatalogFile } from './schema.ts';
import { childOf, parseYamlSources, type Path, type YamlSource } from './yaml-source.ts';

export const kinds = ['systems', 'connections', 'entities', 'flows', 'processes'] as const;
export type Kind = (typeof kinds)[number];
export type ItemOf<K extends Kind> = NonNullable<CatalogFile[K]>[number];

/** One declared item and where it stands, so that later checks can point at it. */
export interface Located<T> {
  readonly item: T;
  readonly kind: Kind;
  readonly source: YamlSource;
  readonly path: Path;
}

export type Declared = { readonly [K in Kind]: readonly Located<ItemOf<K>>[] };

export interface ParsedFiles {
  readonly declared: Declared;
  /** Objectives, calendars and what goes with them: documents that name their own kind. */
  readonly documents: readonly LocatedDocument[];
  /** Files that entities name as JSON Schemas, and every other file by its path. */
  readonly sources: ReadonlyMap<string, YamlSource>;
  readonly errors: readonly CatalogError[];
}

/** Parses every YAML file that is not itself a JSON Schema named by an entity. Reports all errors, not the first. */
export function parseFiles(texts: ReadonlyMap<string, string>): ParsedFiles {
  const all = [...texts].flatMap(([file, text]) => parseYamlSources(file, text));
  const sources = new Map(all.map((source) => [source.file, source]));
  const schemaFiles = new Set(all.flatMap(namedSchemaFiles));

  const errors: CatalogError[] = [];
  const declared: { [K in Kind]: Located<ItemOf<K>>[] } = {
    systems: [],
    connections: [],
    entities: [],
    flows: [],
    processes: [],
  };
  const documents: LocatedDocument[] = [];
  for (const source of all) {
    if (schemaFiles.has(source.file) || source.file.endsWith('.json')) continue;
    errors.push(...source.errors);
    if (source.errors.length > 0 || source.value === null || source.value === undefined) continue;
    if (childOf(source.value, 'apiVersion') !== undefined) {
      const read = parseDocument(source);
      if (read.ok) documents.push(read.document);
      else errors.push(...read.errors);
      continue;
    }
    const parsed = CatalogFile.safeParse(source.value);
    if (!parsed.success) {
      errors.push(...parsed.error.issues.flatMap((issue) => explain(source, issue)));
      continue;
    }
    for (const kind of kinds) collect(declared, kind, source, parsed.data);
  }
  return { declared, documents, sources, errors };
}

/** Path of a schema file as an entity names it, made relative to the catalog directory; undefined outside of it. */
export function resolveBeside(file: string, named: string): string | undefined {
  const steps = named.startsWith('/') ? [] : file.split('/').slice(0, -1);
  if (named.startsWith('/') || named.includes('\\')) return undefined;
  for (const step of named.split('/')) {
    if (step === '' || step === '.') continue;
    if (step !== '..') steps.push(step);
    else if (steps.pop() === undefined) return undefined;
  }
  return steps.join('/');
}

/** Error at a path inside a located item; the path shows the item's name, not its position in the list. */
export function errorAt(
  located: Located<{ readonly name: string }>,
  within: Path,
  message: string,
  part: 'key' | 'value' = 'value',
): CatalogError {
  const { line, column } = located.source.locate([...located.path, ...within], part);
  const path = [located.kind, located.item.name, ...within].map(String).join('.');
  return { file: located.source.file, line, column, path, message };
}

function collect(
  declared: { [K in Kind]: Located<ItemOf<K>>[] },
  kind: Kind,
  source: YamlSource,
  file: CatalogFile,
): void {
  const items: readonly ItemOf<Kind>[] = file[kind] ?? [];
  const target = declared[kind] as Located<ItemOf<Kind>>[];
  for (const [index, item] of items.entries()) target.push({ item, kind, source, path: [kind, index] });
}

function namedSchemaFiles(source: YamlSource): string[] {
  const entities = childOf(source.value, 'entities');
  if (!Array.isArray(entities)) return [];
  return entities
    .map((entity: unknown) => childOf(entity, 'schemas'))
    .flatMap((schemas): unknown[] =>
      typeof schemas === 'object' && schemas !== null ? Object.values(schemas) : [],
    )
    .filter((schema) => typeof schema === 'string')
    .flatMap((named) => resolveBeside(source.file, named) ?? []);
}

function explain(source: YamlSource, issue: z.core.$ZodIssue): CatalogError[] {
  return explainIssue(source.value, issue).map(({ path, part, message }) => ({
    file: source.file,
    ...source.locate(path, part),
    path: showPath(source.value, path),
    message,
  }));
}

function showPath(value: unknown, path: Path): string {
  let at = value;
  const shown: string[] = [];
  for (const step of path) {
    at = childOf(at, step);
    const name = typeof step === 'number' ? childOf(at, 'name') : undefined;
    shown.push(typeof name === 'string' ? name : String(step));
  }
  return shown.join('.');
}
