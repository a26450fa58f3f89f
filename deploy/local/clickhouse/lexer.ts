/** One lexical unit of ClickHouse SQL; `start` and `end` are offsets into the text. */
export type Token = {
  kind: 'space' | 'comment' | 'string' | 'quoted' | 'heredoc' | 'word' | 'number' | 'symbol' | 'error';
  start: number;
  end: number;
};

// The engine skips these too, some of which are no space to JavaScript: U+0085, U+180E, U+200B to U+200D, U+2060.
const spacePattern = /[\s\u0085\u180e\u200b-\u200d\u2060]+/y;
const wordPattern = /[A-Za-z_][\w$]*/y;
const numberPattern = /[0-9][0-9_.]*[eE][+-][0-9]+|[0-9][\w.]*/y;
const heredocTagPattern = /\$\w*\$/y;

const matchLength = (pattern: RegExp, sql: string, at: number): number => {
  pattern.lastIndex = at;
  return pattern.exec(sql)?.[0].length ?? 0;
};

/** End of a text in straight quotes: a backslash escapes, a doubled quote is one quote; -1 when never closed. */
const endOfQuoted = (sql: string, at: number, quote: string): number => {
  for (let index = at + 1; index < sql.length; index++) {
    const char = sql[index];
    if (char === '\\') index++;
    else if (char === quote) {
      if (sql[index + 1] !== quote) return index + 1;
      index++;
    }
  }
  return -1;
};

const endAfter = (sql: string, needle: string, from: number): number => {
  const found = sql.indexOf(needle, from);
  return found === -1 ? -1 : found + needle.length;
};

const token = (sql: string, kind: Token['kind'], start: number, end: number): Token =>
  end === -1 ? { kind: 'error', start, end: sql.length } : { kind, start, end };

const commentAt = (sql: string, at: number): Token | undefined => {
  const first = sql[at];
  if (first !== '/' && first !== '-' && first !== '#') return undefined;
  const two = sql.slice(at, at + 2);
  if (two === '/*') return token(sql, 'comment', at, endAfter(sql, '*/', at + 2));
  if (two !== '--' && two !== '# ' && two !== '#!') return undefined;
  const newline = sql.indexOf('\n', at);
  return { kind: 'comment', start: at, end: newline === -1 ? sql.length : newline };
};

const quotedAt = (sql: string, at: number): Token | undefined => {
  switch (sql[at]) {
    case "'":
      return token(sql, 'string', at, endOfQuoted(sql, at, "'"));
    case '"':
    case '`':
      return token(sql, 'quoted', at, endOfQuoted(sql, at, sql[at]));
    case '\u2018':
      return token(sql, 'string', at, endAfter(sql, '\u2019', at + 1));
    case '\u201c':
      return token(sql, 'quoted', at, endAfter(sql, '\u201d', at + 1));
    default:
      return undefined;
  }
};

const heredocAt = (sql: string, at: number): Token | undefined => {
  if (sql[at] !== '$') return undefined;
  const tagLength = matchLength(heredocTagPattern, sql, at);
  if (tagLength === 0) return undefined;
  const tag = sql.slice(at, at + tagLength);
  return token(sql, 'heredoc', at, endAfter(sql, tag, at + tagLength));
};

/** Characters that begin nothing longer than themselves: they need no look at what follows, which counts in long lists. */
const lonelySymbols = new Set(',();=<>*+.[]{}:?%|&!^~@');

const tokenAt = (sql: string, at: number): Token => {
  if (lonelySymbols.has(sql[at] as string)) return { kind: 'symbol', start: at, end: at + 1 };
  const special = commentAt(sql, at) ?? quotedAt(sql, at) ?? heredocAt(sql, at);
  if (special) return special;
  const patterns = [
    ['space', spacePattern],
    ['word', wordPattern],
    ['number', numberPattern],
  ] as const;
  for (const [kind, pattern] of patterns) {
    const length = matchLength(pattern, sql, at);
    if (length > 0) return { kind, start: at, end: at + length };
  }
  return { kind: 'symbol', start: at, end: at + 1 };
};

/** One token after the other, for texts whose tokens together would fill the memory. */
export function* tokensOf(sql: string): Generator<Token> {
  for (let at = 0; at < sql.length;) {
    const next = tokenAt(sql, at);
    yield next;
    at = next.end;
  }
}

/** Splits ClickHouse SQL as the engine's own lexer does: quotes, comments (not nested), heredocs, curly quotes. */
export const tokenize = (sql: string): Token[] => [...tokensOf(sql)];

/** The tokens that carry meaning: no space, no comment. */
export const significant = (tokens: readonly Token[]): Token[] =>
  tokens.filter((one) => one.kind !== 'space' && one.kind !== 'comment');

export const textOf = (sql: string, one: Token): string => sql.slice(one.start, one.end);

/** Upper-cased text of a bare word; undefined for every other token. */
export const keywordOf = (sql: string, one: Token | undefined): string | undefined =>
  one?.kind === 'word' ? textOf(sql, one).toUpperCase() : undefined;

export const isSymbol = (sql: string, one: Token | undefined, symbol: string): boolean =>
  one?.kind === 'symbol' && sql[one.start] === symbol;

/** A string literal of ClickHouse SQL that reads back as exactly `value`. */
export const quoteString = (value: string): string =>
  `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\0', '\\0')}'`;

/** An identifier of ClickHouse SQL that names exactly `value`. */
export const quoteIdentifier = (value: string): string =>
  `\`${value.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('\0', '\\0')}\``;

const escapes: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  0: '\0',
  b: '\b',
  f: '\f',
  a: '\x07',
  v: '\v',
};

/** The value that a quoted token (string or identifier in straight quotes) stands for. */
export const unquote = (text: string): string => {
  const quote = text[0] ?? "'";
  return text
    .slice(1, -1)
    .replaceAll(
      /\\x([0-9a-fA-F]{2})|\\([\s\S])|(['"`])\3/g,
      (whole, hex?: string, escaped?: string, doubled?: string) => {
        if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
        if (escaped !== undefined) return escapes[escaped] ?? escaped;
        return doubled === quote ? quote : whole;
      },
    );
};
