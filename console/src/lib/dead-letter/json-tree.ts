/**
 * JSON as it was written: numbers keep their text (12345678901234567890 and 1.10 survive), and every value knows the
 * line on which it stands.
 */
export type JsonNode =
  | {
      readonly kind: 'object';
      readonly line: number;
      readonly entries: readonly (readonly [string, JsonNode])[];
    }
  | { readonly kind: 'array'; readonly line: number; readonly items: readonly JsonNode[] }
  | { readonly kind: 'string'; readonly line: number; readonly value: string }
  | { readonly kind: 'number' | 'literal'; readonly line: number; readonly text: string };

export type JsonTree =
  | { readonly ok: true; readonly root: JsonNode }
  | { readonly ok: false; readonly line: number; readonly message: string };

const depthMax = 200;
const token =
  /[\s]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null))/y;

class Fault extends Error {}

/** Parses a JSON text; a fault says its line, counted from 1. */
export function parseTree(text: string): JsonTree {
  const reader = createReader(text);
  try {
    JSON.parse(text);
    const root = readValue(reader, 0);
    return { ok: true, root };
  } catch (error) {
    if (!(error instanceof Fault)) skim(reader);
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, line: reader.line(), message };
  }
}

function createReader(text: string) {
  let at = 0;
  let counted = 0;
  let line = 1;
  return {
    /** The next token, or undefined at the end or at something that is none. */
    next(): string | undefined {
      token.lastIndex = at;
      const match = token.exec(text);
      if (!match) return undefined;
      at = token.lastIndex;
      return match[1] ?? match[2] ?? match[3] ?? match[4];
    },
    peek(): string | undefined {
      const before = at;
      const found = this.next();
      at = before;
      return found;
    },
    line(): number {
      for (; counted < at; counted += 1) if (text[counted] === '\n') line += 1;
      return line;
    },
  };
}
type Reader = ReturnType<typeof createReader>;

/** Goes to where the tokens end, so that the line of a fault is near the fault. */
function skim(reader: Reader): void {
  while (reader.next() !== undefined);
}

function readValue(reader: Reader, depth: number): JsonNode {
  if (depth > depthMax) throw new Fault(`deeper than ${depthMax} levels`);
  const first = reader.next();
  const line = reader.line();
  if (first === '{') return { kind: 'object', line, entries: readEntries(reader, depth) };
  if (first === '[') return { kind: 'array', line, items: readItems(reader, depth) };
  if (first?.startsWith('"')) return { kind: 'string', line, value: JSON.parse(first) as string };
  if (first === 'true' || first === 'false' || first === 'null')
    return { kind: 'literal', line, text: first };
  return { kind: 'number', line, text: first ?? '' };
}

function readEntries(reader: Reader, depth: number): [string, JsonNode][] {
  const entries: [string, JsonNode][] = [];
  if (reader.peek() === '}') reader.next();
  else
    for (let mark: string | undefined = ','; mark === ','; mark = reader.next()) {
      const name = JSON.parse(reader.next() ?? '""') as string;
      reader.next();
      entries.push([name, readValue(reader, depth + 1)]);
    }
  return entries;
}

function readItems(reader: Reader, depth: number): JsonNode[] {
  const items: JsonNode[] = [];
  if (reader.peek() === ']') reader.next();
  else
    for (let mark: string | undefined = ','; mark === ','; mark = reader.next()) {
      items.push(readValue(reader, depth + 1));
    }
  return items;
}

/** Pretty-printed with two spaces; numbers as they were written. */
export function printTree(node: JsonNode, indent = ''): string {
  const inner = `${indent}  `;
  switch (node.kind) {
    case 'object': {
      const lines = node.entries.map(
        ([name, value]) => `${inner}${JSON.stringify(name)}: ${printTree(value, inner)}`,
      );
      return lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n${indent}}`;
    }
    case 'array': {
      const lines = node.items.map((value) => inner + printTree(value, inner));
      return lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n${indent}]`;
    }
    case 'string':
      return JSON.stringify(node.value);
    default:
      return node.text;
  }
}

/** One step of a JSON Pointer (RFC 6901). */
export function pointerStep(name: string | number): string {
  return `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** Whether one pointer is the other or lies inside it. */
export function isWithin(pointer: string, outer: string): boolean {
  return pointer === outer || pointer.startsWith(`${outer}/`);
}
