import type { z } from '@hono/zod-openapi';
import { isExact, type Json } from './exact-json.ts';
import type { PatchOperation } from './schemas.ts';

export type Operation = z.infer<typeof PatchOperation>;

/** What copies may add to a document, about in characters: each copy of the whole doubles it. */
const copiedMax = 4_000_000;

export type Patched =
  | { readonly ok: true; readonly document: Json }
  | { readonly ok: false; readonly path: string; readonly message: string };

/** Applies a JSON Patch (RFC 6902) to a copy of a document: all operations take effect, or none. */
export function applyPatch(document: Json, operations: readonly Operation[]): Patched {
  const root: { [name: string]: Json } = { '': structuredCloneJson(document) };
  let copied = 0;
  for (const operation of operations) {
    if (operation.op === 'copy') copied += weightOf(read(root, operation.from), copiedMax);
    if (copied > copiedMax)
      return { ok: false, path: operation.path, message: 'the copies would make the message too large' };
    const fault = applyOne(root, operation);
    if (fault !== undefined) return { ok: false, path: operation.path, message: fault };
  }
  return { ok: true, document: root[''] ?? null };
}

/** Whether a patch left alone what stands at a pointer, also when what stands before it in a list moved. */
export function isSameAt(before: Json, after: Json, pointer: string): boolean {
  const [was, is] = [read({ '': before }, pointer), read({ '': after }, pointer)];
  return was === undefined || is === undefined ? was === is : isEqual(was, is);
}

/** Whether one pointer leads to the other, or below it. */
export function touches(pointer: string, other: string): boolean {
  return pointer === other || pointer.startsWith(`${other}/`) || other.startsWith(`${pointer}/`);
}

/** Pointers that an operation writes: a move also takes something away. */
export function writtenBy(operation: Operation): string[] {
  if (operation.op === 'test') return [];
  return operation.op === 'move' ? [operation.path, operation.from] : [operation.path];
}

function applyOne(root: { [name: string]: Json }, operation: Operation): string | undefined {
  switch (operation.op) {
    case 'add':
      return put(root, operation.path, structuredCloneJson(operation.value as Json), 'add');
    case 'replace':
      return put(root, operation.path, structuredCloneJson(operation.value as Json), 'replace');
    case 'remove':
      return take(root, operation.path);
    case 'test': {
      const found = read(root, operation.path);
      if (found === undefined) return 'there is no such field';
      return isEqual(found, operation.value as Json) ? undefined : 'the value is another one';
    }
    case 'copy':
    case 'move': {
      const found = read(root, operation.from);
      if (found === undefined) return `there is no field ${operation.from}`;
      if (operation.op === 'copy') return put(root, operation.path, structuredCloneJson(found), 'add');
      if (operation.path.startsWith(`${operation.from}/`)) return 'a field cannot move into itself';
      return take(root, operation.from) ?? put(root, operation.path, found, 'add');
    }
  }
}

/** Equality of RFC 6902: numbers by value, lists by order, objects whatever the order of their names. */
function isEqual(one: Json, other: Json): boolean {
  const [left, right] = [
    isExact(one) ? Number(JSON.stringify(one)) : one,
    isExact(other) ? Number(JSON.stringify(other)) : other,
  ];
  if (isExact(one) && isExact(other)) return JSON.stringify(one) === JSON.stringify(other);
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, index) => isEqual(item, right[index] ?? null));
  }
  if (typeof left !== 'object' || left === null || typeof right !== 'object' || right === null)
    return left === right;
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && isEqual(left[name] ?? null, right[name] ?? null))
  );
}

/** Steps of a pointer (RFC 6901), the empty step of the root first; undefined: not a pointer. */
function steps(pointer: string): string[] | undefined {
  if (pointer === '') return [''];
  if (!/^(\/([^~/]|~[01])*)+$/.test(pointer)) return undefined;
  return pointer.split('/').map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function child(parent: Json, step: string): Json | undefined {
  if (Array.isArray(parent)) return /^(0|[1-9]\d*)$/.test(step) ? parent[Number(step)] : undefined;
  if (typeof parent !== 'object' || parent === null || isExact(parent)) return undefined;
  return Object.hasOwn(parent, step) ? parent[step] : undefined;
}

function read(root: Json, pointer: string): Json | undefined {
  const path = steps(pointer);
  if (!path) return undefined;
  return path.reduce<Json | undefined>((at, step) => (at === undefined ? undefined : child(at, step)), root);
}

function put(root: Json, pointer: string, value: Json, how: 'add' | 'replace'): string | undefined {
  const path = steps(pointer);
  if (!path) return 'this is not a JSON pointer; write /order/id';
  const step = path.at(-1) ?? '';
  const parent = path
    .slice(0, -1)
    .reduce<Json | undefined>((at, name) => (at === undefined ? undefined : child(at, name)), root);
  if (typeof parent !== 'object' || parent === null || isExact(parent))
    return 'there is nothing to hold this field';
  if (how === 'replace' && child(parent, step) === undefined) return 'there is no such field';
  if (!Array.isArray(parent)) {
    Object.defineProperty(parent, step, { value, writable: true, enumerable: true, configurable: true });
    return undefined;
  }
  if (how === 'replace') parent[Number(step)] = value;
  else if (step === '-') parent.push(value);
  else if (/^(0|[1-9]\d*)$/.test(step) && Number(step) <= parent.length)
    parent.splice(Number(step), 0, value);
  else return `the list ends at ${parent.length}`;
  return undefined;
}

function take(root: Json, pointer: string): string | undefined {
  const path = steps(pointer);
  const parent = path && path.length > 1 ? read(root, pointer.slice(0, pointer.lastIndexOf('/'))) : undefined;
  const step = path?.at(-1) ?? '';
  if (parent === undefined || child(parent, step) === undefined) return 'there is no such field';
  if (Array.isArray(parent)) parent.splice(Number(step), 1);
  else if (typeof parent === 'object' && parent !== null) delete parent[step];
  return undefined;
}

/** About the characters of a value as JSON, counted no further than a little over `max`. */
function weightOf(value: Json | undefined, max: number): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 8;
  let weight = 2;
  for (const [name, inner] of Object.entries(value)) {
    weight += name.length + 4 + weightOf(inner, max - weight);
    if (weight > max) break;
  }
  return weight;
}

/** A deep copy that keeps raw numbers: they are frozen and may be shared. */
function structuredCloneJson(value: Json): Json {
  if (typeof value !== 'object' || value === null || isExact(value)) return value;
  if (Array.isArray(value)) return value.map(structuredCloneJson);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, structuredCloneJson(inner)]));
}
