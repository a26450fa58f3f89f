import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  parseDocument,
} from 'yaml';
import type { CatalogError } from './catalog-error.ts';

/** An anchor may be used often, but what it expands to is bounded: no billion laughs. */
const aliasesMax = 100;

/** Documents of one file. */
const documentsMax = 2000;

export type Path = readonly PropertyKey[];

/** One YAML or JSON file, parsed, that still knows where each value stands. */
export interface YamlSource {
  readonly file: string;
  readonly value: unknown;
  readonly errors: readonly CatalogError[];
  /** Position of the value at a path (or of the key), else of its nearest ancestor that exists. */
  locate(path: Path, part?: 'key' | 'value'): { line: number; column: number };
  /** Position of the first mapping key of this name anywhere in the file. */
  locateKeyNamed(name: string): { line: number; column: number } | undefined;
}

/** Parses one file. JSON is read as YAML, of which it is a subset, so that its positions are known too. */
export function parseYamlSource(file: string, text: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  return sourceOf(file, document, lines);
}

/**
 * Parses a file that may hold several documents, each with an `apiVersion`, as OpenSLO files do. Anything else that
 * holds several is one source with an error, as `parseYamlSource` gives it.
 */
export function parseYamlSources(file: string, text: string): YamlSource[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  if (!Array.isArray(documents) || documents.length < 2) return [parseYamlSource(file, text)];
  const sources = documents
    .filter(({ contents, errors }) => contents !== null || errors.length > 0)
    .slice(0, documentsMax)
    .map((document) => sourceOf(file, document, lines));
  const versioned = sources.every(({ value, errors }) => errors.length > 0 || hasVersion(value));
  if (!versioned || documents.length > documentsMax) return [parseYamlSource(file, text)];
  return sources;
}

function hasVersion(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'apiVersion');
}

function sourceOf(file: string, document: Document, lines: LineCounter): YamlSource {
  const errors: CatalogError[] = document.errors.map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return { file, line, column: col, path: '', message: explainYamlError(error.code, error.message) };
  });
  let value: unknown;
  if (errors.length === 0) {
    try {
      value = document.toJS({ maxAliasCount: aliasesMax }) as unknown;
    } catch {
      const message = `an alias is unknown or anchors expand to too much (at most ${aliasesMax} uses); write the values out`;
      errors.push({ file, line: 1, column: 1, path: '', message });
    }
  }
  const at = (offset: number | undefined): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset ?? 0);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  return {
    file,
    value,
    errors,
    locate: (path, part = 'value') => at(offsetOf(document, path, part)),
    locateKeyNamed: (name) => {
      const offset = offsetOfKeyNamed(document.contents, name);
      return offset === undefined ? undefined : at(offset);
    },
  };
}

function explainYamlError(code: string, message: string): string {
  if (code === 'MULTIPLE_DOCS')
    return 'only one YAML document a file, unless each has an apiVersion; move what follows "---" to a file of its own';
  if (code === 'DUPLICATE_KEY') return 'this key stands twice in the same mapping; merge the two';
  if (code === 'TAB_AS_INDENT') return 'YAML is indented with spaces; replace the tab';
  return `not valid YAML: ${message}`;
}

function offsetOf(document: Document, path: Path, part: 'key' | 'value'): number | undefined {
  let node: unknown = document.contents;
  let offset = isNode(node) ? node.range?.[0] : undefined;
  for (const [depth, step] of path.entries()) {
    const resolved: unknown = isAlias(node) ? node.resolve(document) : node;
    const found = child(resolved, step);
    if (!found) return offset;
    const last = depth === path.length - 1;
    const pointed = (last && part === 'key' ? found.key : undefined) ?? found.value ?? found.key;
    offset = pointed?.range?.[0] ?? offset;
    node = found.value;
  }
  return offset;
}

function child(node: unknown, step: PropertyKey): { key?: Node; value?: Node } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(step)];
    return isNode(item) ? { value: item } : undefined;
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
  if (!pair) return undefined;
  return {
    ...(isNode(pair.key) && { key: pair.key }),
    ...(isNode(pair.value) && { value: pair.value }),
  };
}

function offsetOfKeyNamed(root: unknown, name: string): number | undefined {
  const pending: unknown[] = [root];
  while (pending.length > 0) {
    const node = pending.pop();
    if (isSeq(node)) pending.push(...node.items);
    if (!isMap(node)) continue;
    for (const { key, value } of node.items) {
      if (isScalar(key) && key.value === name) return key.range?.[0];
      pending.push(value);
    }
  }
  return undefined;
}

/** Own property of an object or item of a list; undefined for anything else. */
export function childOf(value: unknown, step: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
  return (value as Record<PropertyKey, unknown>)[step];
}
