import { z } from 'zod';
import { CatalogFile } from './schema.ts';
import { didYouMean } from './suggest.ts';
import type { Path } from './yaml-source.ts';

export interface Explained {
  readonly path: Path;
  readonly part: 'key' | 'value';
  readonly message: string;
}

/** Turns what zod says of a catalog file into sentences that say what to write instead. */
export function explainIssue(
  root: unknown,
  issue: z.core.$ZodIssue,
  schema: z.ZodType = CatalogFile,
): Explained[] {
  const path: Path = issue.path;
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        part: 'key',
        message: `unknown key "${key}"${didYouMean(key, knownKeys(path, schema))}`,
      }));
    case 'invalid_key':
      return [{ path, part: 'key', message: issue.issues[0]?.message ?? issue.message }];
    case 'invalid_type':
      return [{ path, part: 'value', message: explainType(root, path, issue.expected) }];
    case 'invalid_value':
      return [{ path, part: 'value', message: explainValue(valueAt(root, path), issue.values.map(String)) }];
    case 'too_small':
      return [{ path, part: 'value', message: explainSize(issue.origin, 'at least', issue.minimum) }];
    case 'too_big':
      return [{ path, part: 'value', message: explainSize(issue.origin, 'at most', issue.maximum) }];
    case 'invalid_union':
      if ('options' in issue) {
        // The key that decides between the branches holds none of their values.
        return [
          { path, part: 'value', message: explainValue(valueAt(root, path), issue.options.map(String)) },
        ];
      }
      return explainUnion(root, path, issue.errors, schema);
    default:
      return [{ path, part: 'value', message: lowerFirst(issue.message) }];
  }
}

function explainUnion(
  root: unknown,
  path: Path,
  branches: readonly z.core.$ZodIssue[][],
  schema: z.ZodType,
): Explained[] {
  // The branch that got furthest into the value is the one its author meant.
  const depth = (issues: readonly z.core.$ZodIssue[]): number =>
    Math.max(...issues.map((issue) => issue.path.length));
  const deepest = branches.toSorted((a, b) => depth(b) - depth(a))[0] ?? [];
  if (depth(deepest) > 0) {
    return deepest.flatMap((issue) =>
      explainIssue(root, { ...issue, path: [...path, ...issue.path] }, schema),
    );
  }
  const expected = branches
    .flat()
    .flatMap((issue) => (issue.code === 'invalid_type' ? [article(issue.expected)] : []));
  if (expected.length === 0) {
    return explainIssue(root, { ...branches[0]?.[0], path } as z.core.$ZodIssue, schema);
  }
  return [{ path, part: 'value', message: `write ${[...new Set(expected)].join(' or ')}` }];
}

function explainType(root: unknown, path: Path, expected: string): string {
  const value = valueAt(root, path);
  const key = String(path.at(-1) ?? '');
  if (path.length === 0) return 'write a mapping with systems, entities, flows or processes';
  if (value === undefined) return `"${key}" is missing; write ${article(expected)}`;
  const isPlain = typeof value === 'number' || typeof value === 'boolean';
  const quoted = expected === 'string' && isPlain ? `; quote it, as in '${String(value)}'` : '';
  return `write ${article(expected)}, not ${describe(value)}${quoted}`;
}

function explainValue(value: unknown, allowed: readonly string[]): string {
  const choice = `write one of ${allowed.join(', ')}`;
  if (value === undefined) return `is missing; ${choice}`;
  return typeof value === 'string' ? `unknown value "${value.slice(0, 80)}"; ${choice}` : choice;
}

function explainSize(origin: string, bound: string, limit: number | bigint): string {
  if (origin === 'string')
    return limit === 1 ? 'is empty; write a text' : `write ${bound} ${limit} characters`;
  if (origin === 'array') return `list ${bound} ${limit} ${limit === 1 ? 'item' : 'items'}`;
  return `write a number of ${bound} ${limit}`;
}

function article(expected: string): string {
  const words: Record<string, string> = {
    string: 'a text',
    array: 'a list',
    object: 'a mapping',
    record: 'a mapping',
  };
  return words[expected] ?? `a ${expected}`;
}

function describe(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`;
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

interface SchemaNode {
  properties?: Record<string, SchemaNode>;
  items?: SchemaNode;
  additionalProperties?: SchemaNode;
}

const schemaNodes = new WeakMap<z.ZodType, SchemaNode>();

function knownKeys(path: Path, schema: z.ZodType): string[] {
  const root = schemaNodes.get(schema) ?? (z.toJSONSchema(schema, { io: 'input' }) as SchemaNode);
  schemaNodes.set(schema, root);
  let node: SchemaNode | undefined = root;
  for (const step of path) {
    node =
      typeof step === 'number'
        ? node?.items
        : (node?.properties?.[String(step)] ?? node?.additionalProperties);
  }
  return Object.keys(node?.properties ?? {});
}

function lowerFirst(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
