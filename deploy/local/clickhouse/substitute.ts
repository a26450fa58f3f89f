import { failure } from './engine-error.ts';
import {
  isSymbol,
  quoteIdentifier,
  quoteString,
  significant,
  textOf,
  tokenize,
  type Token,
} from './lexer.ts';

type Placeholder = { start: number; end: number; name: string; type: string };

const isTrivia = (one: Token | undefined): boolean => one?.kind === 'space' || one?.kind === 'comment';

const skipTrivia = (tokens: readonly Token[], from: number): number => {
  let index = from;
  while (isTrivia(tokens[index])) index++;
  return index;
};

/** `{name:Type}` whose brace is token `open`; undefined when the brace is something else, such as a map literal. */
const placeholderAt = (
  sql: string,
  tokens: readonly Token[],
  open: number,
): (Placeholder & { last: number }) | undefined => {
  const nameIndex = skipTrivia(tokens, open + 1);
  const name = tokens[nameIndex];
  const colonIndex = skipTrivia(tokens, nameIndex + 1);
  if (name?.kind !== 'word' || !isSymbol(sql, tokens[colonIndex], ':')) return undefined;
  for (let index = colonIndex + 1; index < tokens.length; index++) {
    const one = tokens[index] as Token;
    if (isSymbol(sql, one, '{')) return undefined;
    if (!isSymbol(sql, one, '}')) continue;
    const type = sql.slice((tokens[colonIndex] as Token).end, one.start).trim();
    if (type === '') return undefined;
    return { start: (tokens[open] as Token).start, end: one.end, name: textOf(sql, name), type, last: index };
  }
  return undefined;
};

const placeholdersIn = (sql: string): Placeholder[] => {
  const tokens = tokenize(sql);
  const found: Placeholder[] = [];
  for (let index = 0; index < tokens.length; index++) {
    if (!isSymbol(sql, tokens[index], '{')) continue;
    const placeholder = placeholderAt(sql, tokens, index);
    if (!placeholder) continue;
    found.push(placeholder);
    index = placeholder.last;
  }
  return found;
};

const tsvEscapes: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  0: '\0',
  b: '\b',
  f: '\f',
  a: '\x07',
  v: '\v',
};

const unescapeTsv = (value: string): string =>
  value.replaceAll(/\\x([0-9a-fA-F]{2})|\\([\s\S])/g, (_whole, hex?: string, escaped?: string) =>
    hex === undefined
      ? (tsvEscapes[escaped as string] ?? (escaped as string))
      : String.fromCharCode(Number.parseInt(hex, 16)),
  );

/** What is inside LowCardinality(…) and Nullable(…), with whether a Nullable was among them. */
const unwrapType = (type: string): { inner: string; nullable: boolean } => {
  let inner = type;
  let nullable = false;
  for (;;) {
    const match = /^(LowCardinality|Nullable)\s*\(([\s\S]*)\)$/.exec(inner);
    if (!match) return { inner, nullable };
    nullable ||= match[1] === 'Nullable';
    inner = (match[2] as string).trim();
  }
};

// A server reads these types from the parameter's text as they stand; all others are unescaped first.
const compositeTypePattern =
  /^(Array|Map|Tuple|Nested|Point|Ring|LineString|Polygon|MultiLineString|MultiPolygon)\b/;
// A Map cannot be cast from text, so its value must stand as a literal: only constants may appear in it.
const mapTypePattern = /\bMap\s*\(/;
const constantWords = new Set(['NULL', 'TRUE', 'FALSE', 'NAN', 'INF', 'INFINITY']);
const constantSymbols = new Set(['{', '}', '[', ']', '(', ')', ',', ':', '-', '+', '.']);
const constantNumberPattern = /^(0[xX][\da-fA-F]+|0[bB][01]+|\d+(\.\d*)?([eE][+-]?\d+)?)$/;
const closers: Record<string, string> = { '}': '{', ']': '[', ')': '(' };

/** True when `text` is one balanced literal of constants: nothing in it can call, name or end anything. */
const isConstantLiteral = (text: string): boolean => {
  const open: string[] = [];
  return (
    significant(tokenize(text)).every((one, index) => {
      if (one.kind === 'string') return open.length > 0;
      if (one.kind === 'number') return open.length > 0 && constantNumberPattern.test(textOf(text, one));
      if (one.kind === 'word') return open.length > 0 && constantWords.has(textOf(text, one).toUpperCase());
      const symbol = textOf(text, one);
      if (one.kind !== 'symbol' || !constantSymbols.has(symbol)) return false;
      if ('{[('.includes(symbol)) return open.push(symbol) > 0 && (open.length > 1 || index === 0);
      return closers[symbol] === undefined ? open.length > 0 : open.pop() === closers[symbol];
    }) && open.length === 0
  );
};

/**
 * The literal `{k: v}` as a call of map(): braces are read as a parameter by the engine's parser. What stood apart stays
 * apart: two minus signs side by side would begin a comment.
 */
const asMapCalls = (literal: string): string => {
  const parts: string[] = [];
  for (const one of tokenize(literal)) {
    const text = textOf(literal, one);
    if (isTrivia(one)) parts.push(' ');
    else if (one.kind !== 'symbol') parts.push(text);
    else if (text === '{') parts.push('map(');
    else parts.push({ '}': ')', ':': ',' }[text] ?? text);
  }
  return parts.join('');
};

const integerTypePattern = /^U?Int(8|16|32|64)$/;

const renderValue = (value: string, type: string): string => {
  if (type === 'Identifier') return quoteIdentifier(value);
  const { inner, nullable } = unwrapType(type);
  const castType = quoteString(type);
  if (value === '\\N') {
    if (nullable) return `_CAST(NULL, ${castType})`;
    // Older clients send NULL for a type that has no room for it; a server refuses as well.
    throw failure(
      457,
      'BAD_QUERY_PARAMETER',
      `Value \\N cannot be parsed as ${type}: it is NULL and the type is not Nullable.`,
    );
  }
  if (integerTypePattern.test(inner) && /^-?\d{1,18}$/.test(value)) return `_CAST(${value}, ${castType})`;
  if (mapTypePattern.test(inner)) {
    if (isConstantLiteral(value) && value.trim() !== '') return `_CAST(${asMapCalls(value)}, ${castType})`;
    throw failure(
      457,
      'BAD_QUERY_PARAMETER',
      `Value cannot be parsed as ${type}: it is not a literal of constants.`,
    );
  }
  const text = compositeTypePattern.test(inner) ? value : unescapeTsv(value);
  return `_CAST(${quoteString(text)}, ${castType})`;
};

const valueOf = (parameters: ReadonlyMap<string, string>, placeholder: Placeholder): string => {
  const value = parameters.get(placeholder.name);
  if (value === undefined) {
    throw failure(456, 'UNKNOWN_QUERY_PARAMETER', `Substitution \`${placeholder.name}\` is not set.`);
  }
  return value;
};

/**
 * Replaces every `{name:Type}` by a safely quoted literal or identifier. The engine's own parameter binding is
 * shared by all connections of the process and races, so values are bound here. Values arrive as a ClickHouse
 * server takes them in `param_name`: escaped like a TSV field.
 */
export const substituteParameters = (sql: string, parameters: ReadonlyMap<string, string>): string => {
  const parts: string[] = [];
  let at = 0;
  for (const placeholder of placeholdersIn(sql)) {
    parts.push(
      sql.slice(at, placeholder.start),
      renderValue(valueOf(parameters, placeholder), placeholder.type),
    );
    at = placeholder.end;
  }
  parts.push(sql.slice(at));
  return parts.join('');
};
