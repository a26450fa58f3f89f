import type { PatchOperation } from '../api-types.ts';
import { isWithin, pointerStep, printTree, type JsonNode } from './json-tree.ts';

export type Edit =
  | { readonly ok: true; readonly patch: PatchOperation[] }
  | { readonly ok: false; readonly path: string; readonly message: string };

type Value = Extract<PatchOperation, { op: 'add' }>['value'];

/**
 * The JSON Patch (RFC 6902) that makes one document of another. Values that did not change are not in it, so what was
 * shown masked, or as a number that no double holds, stays byte for byte what it was.
 */
export function editOf(before: JsonNode, after: JsonNode): Edit {
  try {
    return { ok: true, patch: compare(before, after, '') };
  } catch (error) {
    if (error instanceof Inexact) return { ok: false, path: error.path, message: error.message };
    throw error;
  }
}

class Inexact extends Error {
  readonly path: string;
  constructor(path: string, text: string) {
    super(`${text} has more digits than can be carried: write it as text, or with fewer digits.`);
    this.path = path;
  }
}

function compare(before: JsonNode, after: JsonNode, path: string): PatchOperation[] {
  if (before.kind === 'object' && after.kind === 'object') return compareObjects(before, after, path);
  if (before.kind === 'array' && after.kind === 'array') return compareArrays(before, after, path);
  if (printTree(before) === printTree(after)) return [];
  return [{ op: 'replace', path, value: valueOf(after, path) }];
}

function compareObjects(
  before: Extract<JsonNode, { kind: 'object' }>,
  after: Extract<JsonNode, { kind: 'object' }>,
  path: string,
): PatchOperation[] {
  const [old, now] = [new Map(before.entries), new Map(after.entries)];
  const operations: PatchOperation[] = [];
  for (const name of old.keys())
    if (!now.has(name)) operations.push({ op: 'remove', path: path + pointerStep(name) });
  for (const [name, value] of now) {
    const at = path + pointerStep(name);
    const was = old.get(name);
    if (was) operations.push(...compare(was, value, at));
    else operations.push({ op: 'add', path: at, value: valueOf(value, at) });
  }
  return operations;
}

/** By place: what stands beyond the shorter one is added, or removed from the end. */
function compareArrays(
  before: Extract<JsonNode, { kind: 'array' }>,
  after: Extract<JsonNode, { kind: 'array' }>,
  path: string,
): PatchOperation[] {
  const operations: PatchOperation[] = [];
  after.items.forEach((value, index) => {
    const at = path + pointerStep(index);
    const was = before.items[index];
    if (was) operations.push(...compare(was, value, at));
    else operations.push({ op: 'add', path: `${path}/-`, value: valueOf(value, at) });
  });
  for (let index = before.items.length - 1; index >= after.items.length; index -= 1)
    operations.push({ op: 'remove', path: path + pointerStep(index) });
  return operations;
}

function valueOf(node: JsonNode, path: string): Value {
  switch (node.kind) {
    case 'object':
      return Object.fromEntries(
        node.entries.map(([name, value]) => [name, valueOf(value, path + pointerStep(name))]),
      );
    case 'array':
      return node.items.map((value, index) => valueOf(value, path + pointerStep(index)));
    case 'string':
      return node.value;
    case 'literal':
      return JSON.parse(node.text) as Value;
    case 'number':
      if (digitsOf(String(Number(node.text))) !== digitsOf(node.text)) throw new Inexact(path, node.text);
      return Number(node.text);
  }
}

/** A decimal without what does not change its worth; numbers with exponents are compared as they stand. */
function digitsOf(text: string): string {
  return /^-?\d+\.\d+$/.test(text) ? text.replace(/\.?0+$/, '') : text;
}

/** Fields an edit touches although it must not, out of those that are protected or were shown masked. */
export function untouchable(patch: readonly PatchOperation[], fields: readonly string[]): string[] {
  const written = patch.map(({ path }) => path);
  return fields.filter((field) => written.some((path) => isWithin(path, field) || isWithin(field, path)));
}
