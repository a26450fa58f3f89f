import { idLengthMax, wholePattern } from '../id-pattern.ts';
import { fieldOf, type Values } from './fields.ts';
import type { CallNode, Comparator, CompareNode, Node, PathNode } from './grammar.ts';

/** `why` says which part did not hold and what was found instead. */
export type Verdict = { readonly met: true } | { readonly met: false; readonly why: string };

/** A value that could not be had or compared: the whole condition fails, also below `not`. */
class Unknowable extends Error {}

const shownMax = 120;

/**
 * Judges a checked condition. What is missing or of another type never counts as met: `not body.late` fails when there
 * is no body. Only `== null` and `!= null` may ask about what is missing. `and` and `or` stop at the first that decides.
 */
export function evaluateCondition(root: Node, source: string, values: Values): Verdict {
  try {
    const unmet = firstUnmet(root, source, values);
    return unmet === undefined ? { met: true } : { met: false, why: unmet };
  } catch (error) {
    if (!(error instanceof Unknowable)) throw error;
    return { met: false, why: error.message };
  }
}

/** Undefined when the node holds, else a sentence about the part that does not. */
function firstUnmet(node: Node, source: string, values: Values): string | undefined {
  switch (node.type) {
    case 'and':
      return firstUnmet(node.left, source, values) ?? firstUnmet(node.right, source, values);
    case 'or': {
      const left = firstUnmet(node.left, source, values);
      if (left === undefined) return undefined;
      const right = firstUnmet(node.right, source, values);
      return right === undefined
        ? undefined
        : `neither ${left} nor ${right}`.replaceAll('neither neither', 'neither');
    }
    case 'not':
      return firstUnmet(node.operand, source, values) === undefined ? textOf(node, source) : undefined;
    case 'compare':
      return holds(node, source, values) ? undefined : explain(node, source, values);
    default: {
      const value = valueOf(node, source, values);
      if (typeof value !== 'boolean')
        throw new Unknowable(`${textOf(node, source)} is ${show(value)}, not true or false`);
      return value ? undefined : textOf(node, source);
    }
  }
}

function holds(node: CompareNode, source: string, values: Values): boolean {
  const left = valueOf(node.left, source, values);
  const right = valueOf(node.right, source, values);
  const asksForNull = isNull(node.left) || isNull(node.right);
  if (!asksForNull) {
    if (left === undefined) throw new Unknowable(`${textOf(node.left, source)} is missing`);
    if (right === undefined) throw new Unknowable(`${textOf(node.right, source)} is missing`);
  }
  if (node.comparator === '==') return (left ?? null) === (right ?? null);
  if (node.comparator === '!=') return (left ?? null) !== (right ?? null);
  if (typeof left === 'number' && typeof right === 'number') return inOrder(node.comparator, left - right);
  if (typeof left === 'string' && typeof right === 'string') {
    return inOrder(node.comparator, left < right ? -1 : left > right ? 1 : 0);
  }
  throw new Unknowable(`${textOf(node, source)}: ${show(left)} and ${show(right)} have no order`);
}

function inOrder(comparator: Comparator, difference: number): boolean {
  if (comparator === '<') return difference < 0;
  if (comparator === '<=') return difference <= 0;
  if (comparator === '>') return difference > 0;
  return difference >= 0;
}

function valueOf(node: Node, source: string, values: Values): unknown {
  switch (node.type) {
    case 'literal':
      return node.value;
    case 'path':
      return evaluatePath(node, values);
    case 'call':
      return callOf(node, source, values);
    default:
      return firstUnmet(node, source, values) === undefined;
  }
}

/** The value at a path, undefined where there is none. */
export function evaluatePath({ steps }: PathNode, values: Values): unknown {
  const found = fieldOf(steps, values);
  if (found === undefined) return undefined;
  let value = values[found.name];
  for (const step of found.below) {
    // A step never reaches a prototype or the length of a list, and a text has no parts.
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    if (Array.isArray(value) !== (typeof step === 'number')) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

function callOf(node: CallNode, source: string, values: Values): unknown {
  const [first, second] = node.args;
  if (first === undefined) throw new Error('A call without values was parsed.');
  const value = valueOf(first, source, values);
  if (value === undefined || value === null) throw new Unknowable(`${textOf(first, source)} is missing`);
  if (node.name === 'len') return lengthOf(value, () => textOf(first, source));
  const wanted = second === undefined ? undefined : valueOf(second, source, values);
  if (node.name === 'has') return contains(value, wanted, () => textOf(first, source));
  if (typeof value !== 'string')
    throw new Unknowable(`${textOf(first, source)} is ${show(value)}, not a text`);
  if (value.length > idLengthMax) {
    throw new Unknowable(
      `${textOf(first, source)} is longer than the ${idLengthMax} characters that matches reads; use has`,
    );
  }
  return wholePattern(String(wanted)).test(value);
}

function lengthOf(value: unknown, name: () => string): number {
  if (typeof value === 'string') return [...value].length;
  if (Array.isArray(value)) return value.length;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length;
  throw new Unknowable(`${name()} is ${show(value)}, which has no length`);
}

function contains(value: unknown, wanted: unknown, name: () => string): boolean {
  if (typeof value === 'string') return typeof wanted === 'string' && value.includes(wanted);
  if (Array.isArray(value)) return value.includes(wanted);
  if (typeof value === 'object' && value !== null)
    return typeof wanted === 'string' && Object.hasOwn(value, wanted);
  throw new Unknowable(`${name()} is ${show(value)}, which holds nothing`);
}

function explain(node: CompareNode, source: string, values: Values): string {
  const asked = [node.left, node.right].find(({ type }) => type === 'path' || type === 'call') ?? node.left;
  const found = show(valueOf(asked, source, values));
  return `${textOf(node, source)} (${textOf(asked, source)} is ${found})`;
}

function isNull(node: Node): boolean {
  return node.type === 'literal' && node.value === null;
}

function textOf(node: Node, source: string): string {
  return source.slice(node.at - 1, node.end - 1);
}

function show(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'number') return String(Number(value.toPrecision(6)));
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > shownMax ? `${text.slice(0, shownMax)}…` : text;
}
