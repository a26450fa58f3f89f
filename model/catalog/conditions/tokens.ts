import type { ConditionError, Dimension } from './grammar.ts';
import { units } from './grammar.ts';

export type Token = { readonly at: number; readonly end: number } & (
  | { readonly type: 'number'; readonly value: number; readonly dimension: Dimension }
  | { readonly type: 'text'; readonly value: string }
  | { readonly type: 'name'; readonly value: string }
  | { readonly type: 'sign'; readonly value: string }
  | { readonly type: 'end'; readonly value: '' }
);

export type Tokens =
  | { readonly ok: true; readonly tokens: readonly Token[] }
  | { readonly ok: false; readonly error: ConditionError };

export const lengthMax = 1000;

const space = /[ \t\r\n]+/y;
const number = /-?(?:0|[1-9]\d{0,17})(?:\.\d{1,12})?/y;
const unit = /[A-Za-z%]+/y;
const name = /[A-Za-z_][A-Za-z0-9_-]*/y;
const sign = /==|!=|<=|>=|<|>|\(|\)|\[|\]|\.|,/y;
const text = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/y;

/** Splits a condition into tokens; the last is always `end`. */
export function tokenize(source: string): Tokens {
  if (source.length > lengthMax) {
    return refuse(lengthMax, `the condition is longer than ${lengthMax} characters; split it`);
  }
  const tokens: Token[] = [];
  let offset = 0;
  while (offset < source.length) {
    const blank = matchAt(space, source, offset);
    if (blank !== undefined) {
      offset += blank.length;
      continue;
    }
    const read = readToken(source, offset);
    if ('column' in read) return { ok: false, error: read };
    tokens.push(read);
    offset = read.end - 1;
  }
  tokens.push({ type: 'end', value: '', at: source.length + 1, end: source.length + 1 });
  return { ok: true, tokens };
}

function readToken(source: string, offset: number): Token | ConditionError {
  const at = offset + 1;
  const quoted = matchAt(text, source, offset);
  if (quoted !== undefined) return readText(quoted, at);
  const digits = matchAt(number, source, offset);
  if (digits !== undefined) return readNumber(source, digits, at);
  const word = matchAt(name, source, offset);
  if (word !== undefined) return { type: 'name', value: word, at, end: at + word.length };
  const mark = matchAt(sign, source, offset);
  if (mark !== undefined) return { type: 'sign', value: mark, at, end: at + mark.length };
  const character = String.fromCodePoint(source.codePointAt(offset) ?? 0);
  const advice: Record<string, string> = {
    '=': 'write == to compare',
    '!': 'write not, or != to compare',
    '&': 'write and',
    '|': 'write or',
    "'": 'this text has no closing quote',
    '"': 'this text has no closing quote',
  };
  return { column: at, message: advice[character] ?? `"${character}" has no meaning here; remove it` };
}

function readText(quoted: string, at: number): Token | ConditionError {
  const escapes: Record<string, string> = { '\\': '\\', "'": "'", '"': '"', n: '\n', t: '\t' };
  const unknown = [...quoted.matchAll(/\\(.)/g)].find(([, letter]) => escapes[letter ?? ''] === undefined);
  if (unknown !== undefined) {
    const why = `\\${unknown[1]} is not an escape; write \\\\ for a backslash`;
    return { column: at + unknown.index, message: why };
  }
  const value = quoted.slice(1, -1).replaceAll(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter);
  return { type: 'text', value, at, end: at + quoted.length };
}

function readNumber(source: string, digits: string, at: number): Token | ConditionError {
  const offset = at - 1 + digits.length;
  const written = matchAt(unit, source, offset);
  if (written === undefined) {
    const next = source[offset] ?? '';
    if (/[\d_]/.test(next)) return { column: offset + 1, message: 'write the number without leading zeros' };
    return { type: 'number', value: Number(digits), dimension: 'number', at, end: offset + 1 };
  }
  const known = Object.hasOwn(units, written) ? units[written] : undefined;
  if (known === undefined) {
    const why = `unknown unit "${written.slice(0, 20)}"; write one of ${Object.keys(units).join(', ')}`;
    return { column: offset + 1, message: why };
  }
  const value = Number((Number(digits) * known.factor).toPrecision(15));
  return { type: 'number', value, dimension: known.dimension, at, end: offset + 1 + written.length };
}

function matchAt(pattern: RegExp, source: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  return pattern.exec(source)?.[0];
}

function refuse(column: number, message: string): Tokens {
  return { ok: false, error: { column, message } };
}
