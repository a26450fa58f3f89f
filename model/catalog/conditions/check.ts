import { checkPattern } from '../id-pattern.ts';
import { didYouMean } from '../suggest.ts';
import { fieldOf, type Fields, type FieldType } from './fields.ts';
import type { CallNode, CompareNode, ConditionError, Node, PathNode } from './grammar.ts';
import { parseCondition } from './parse.ts';

export type CheckedCondition =
  | { readonly ok: true; readonly root: Node }
  | { readonly ok: false; readonly error: ConditionError };

type ValueType = FieldType | 'null';

/** Parses a condition and checks it against the fields of what it will judge: names, units and types. */
export function checkCondition(source: string, fields: Fields): CheckedCondition {
  const parsed = parseCondition(source);
  if (!parsed.ok) return parsed;
  const error = wantTruth(parsed.root, fields);
  return error === undefined ? parsed : { ok: false, error };
}

function wantTruth(node: Node, fields: Fields): ConditionError | undefined {
  switch (node.type) {
    case 'and':
    case 'or':
      return wantTruth(node.left, fields) ?? wantTruth(node.right, fields);
    case 'not':
      return wantTruth(node.operand, fields);
    case 'literal':
      return complain(node, 'is a value, not a condition; compare it with something');
    default: {
      const type = typeOf(node, fields);
      if (typeof type === 'object') return type;
      if (type === 'boolean' || type === 'json') return undefined;
      return complain(node, `is a ${type}, not a condition; compare it with something`);
    }
  }
}

function typeOf(node: Node, fields: Fields): ValueType | ConditionError {
  switch (node.type) {
    case 'literal':
      if (node.value === null) return 'null';
      if (typeof node.value === 'string') return 'text';
      return typeof node.value === 'boolean' ? 'boolean' : node.dimension;
    case 'path':
      return typeOfPath(node, fields);
    case 'call':
      return typeOfCall(node, fields);
    case 'compare':
      return checkComparison(node, fields) ?? 'boolean';
    default:
      return wantTruth(node, fields) ?? 'boolean';
  }
}

function typeOfPath(node: PathNode, fields: Fields): ValueType | ConditionError {
  const found = fieldOf(node.steps, fields);
  if (found === undefined) {
    const written = node.steps.join('.');
    return complain(
      node,
      `unknown field "${written.slice(0, 80)}"${didYouMean(written, Object.keys(fields))}`,
    );
  }
  const type = fields[found.name] ?? 'json';
  if (found.below.length === 0 || type === 'json') return type;
  return complain(node, `"${found.name}" is a ${type}; nothing stands below it`);
}

function typeOfCall(node: CallNode, fields: Fields): ValueType | ConditionError {
  const types = node.args.map((arg) => typeOf(arg, fields));
  const wrong = types.find((type) => typeof type === 'object');
  if (wrong !== undefined) return wrong;
  const [first, second] = node.args;
  const allowed: ValueType[] = ['text', 'json'];
  if (first !== undefined && !allowed.includes(types[0] as ValueType)) {
    return complain(first, `${node.name} reads a text, a list or a mapping`);
  }
  if (node.name === 'len') return 'number';
  if (node.name === 'has' || second === undefined) return 'boolean';
  if (second.type !== 'literal' || typeof second.value !== 'string') {
    return complain(second ?? node, 'write the pattern as a text in quotes');
  }
  const verdict = checkPattern(second.value);
  return verdict.ok ? 'boolean' : complain(second, `the pattern ${verdict.reason}`);
}

function checkComparison(node: CompareNode, fields: Fields): ConditionError | undefined {
  const left = typeOf(node.left, fields);
  if (typeof left === 'object') return left;
  const right = typeOf(node.right, fields);
  if (typeof right === 'object') return right;
  const isOrder = node.comparator !== '==' && node.comparator !== '!=';
  if (isOrder) {
    const unordered = [node.left, node.right].find((_, index) =>
      ['boolean', 'null'].includes([left, right][index] ?? ''),
    );
    if (unordered !== undefined)
      return complain(unordered, `has no order; use == or != in place of ${node.comparator}`);
  }
  if (left === right || left === 'null' || right === 'null') return undefined;
  const other = left === 'json' ? right : right === 'json' ? left : undefined;
  if (other === 'duration' || other === 'size') {
    const literal = left === 'json' ? node.right : node.left;
    return complain(literal, 'has a unit, but what it is compared with is a plain number; write it without');
  }
  if (other !== undefined) return undefined;
  return complain(node.right, explainMix(left, right));
}

function explainMix(left: ValueType, right: ValueType): string {
  if (right === 'number' && left === 'duration')
    return 'needs a unit: what it is compared with is a duration, such as 5m';
  if (right === 'number' && left === 'size')
    return 'needs a unit: what it is compared with is a size, such as 10kB';
  return `is a ${right} and cannot be compared with a ${left}`;
}

function complain({ at }: Node, message: string): ConditionError {
  return { column: at, message };
}
