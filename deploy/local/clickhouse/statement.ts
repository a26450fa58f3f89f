import { failure } from './engine-error.ts';
import { isSymbol, keywordOf, significant, textOf, tokenize, type Token } from './lexer.ts';

/** What the face must know of a statement before it hands it to the engine. */
export type Statement =
  | { kind: 'select'; sql: string; format: string | undefined; hasTotals: boolean }
  | { kind: 'insert-data'; head: string; target: InsertTarget; format: string; dataStart: number }
  | { kind: 'kill'; sql: string }
  | { kind: 'session'; sql: string }
  | { kind: 'other'; sql: string; format: string | undefined; isRead: boolean };

/** `table` and `columns` are SQL text as the client wrote it; `settings` is what stands behind SETTINGS. */
export type InsertTarget = { table: string; columns: string | undefined; settings: string | undefined };

const readKeywords = new Set(['SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN', 'EXISTS', 'CHECK', 'VALUES']);
const streamKeywords = new Set(['SELECT', 'WITH', 'FROM']);
const sessionKeywords = new Set(['SET', 'USE']);

/** Refuses a second statement behind a semicolon; returns the text without closing semicolons. */
const singleStatement = (sql: string, tokens: readonly Token[]): { sql: string; tokens: Token[] } => {
  const broken = tokens.find((one) => one.kind === 'error');
  if (broken) {
    const excerpt = sql.slice(broken.start, broken.start + 40);
    throw failure(
      62,
      'SYNTAX_ERROR',
      `Syntax error: a quote or comment is never closed: failed at position ${broken.start + 1} (${excerpt}).`,
    );
  }
  const first = tokens.findIndex((one) => isSymbol(sql, one, ';'));
  if (first === -1) return { sql, tokens: [...tokens] };
  const rest = tokens.slice(first).filter((one) => !isSymbol(sql, one, ';'));
  if (rest.length > 0) throw failure(62, 'SYNTAX_ERROR', 'Syntax error (Multi-statements are not allowed).');
  return { sql: sql.slice(0, tokens[first]?.start), tokens: tokens.slice(0, first) };
};

const topLevel = (sql: string, tokens: readonly Token[]): { one: Token; index: number }[] => {
  let depth = 0;
  const found: { one: Token; index: number }[] = [];
  for (const [index, one] of tokens.entries()) {
    if (isSymbol(sql, one, ')')) depth--;
    if (depth === 0) found.push({ one, index });
    if (isSymbol(sql, one, '(')) depth++;
  }
  return found;
};

/** The name behind a closing `FORMAT x`, with or without SETTINGS behind it. */
const formatClause = (sql: string, tokens: readonly Token[]): string | undefined => {
  for (const { one, index } of topLevel(sql, tokens).toReversed()) {
    if (keywordOf(sql, one) !== 'FORMAT') continue;
    const name = tokens[index + 1];
    const after = tokens[index + 2];
    if (name?.kind === 'word' && (after === undefined || keywordOf(sql, after) === 'SETTINGS'))
      return textOf(sql, name);
  }
  return undefined;
};

const indexAfterParentheses = (sql: string, tokens: readonly Token[], open: number): number => {
  let depth = 0;
  for (let index = open; index < tokens.length; index++) {
    if (isSymbol(sql, tokens[index], '(')) depth++;
    if (isSymbol(sql, tokens[index], ')') && --depth === 0) return index + 1;
  }
  return tokens.length;
};

const indexAfterName = (sql: string, tokens: readonly Token[], from: number): number => {
  let index = from + 1;
  while (isSymbol(sql, tokens[index], '.')) index += 2;
  return index;
};

const slice = (sql: string, tokens: readonly Token[], from: number, to: number): string =>
  sql.slice(tokens[from]?.start ?? sql.length, tokens[to - 1]?.end ?? sql.length);

const dataKeywords = new Set(['FORMAT', 'VALUES', 'SELECT', 'WITH', 'FROM', 'WATCH']);

/** Where the data of `FORMAT x` begins: behind blanks and at most one line feed, as a server reads it. */
const dataStartAfter = (sql: string, end: number): number => {
  const match = /^[ \t\r]*\n?/.exec(sql.slice(end, end + 4096));
  return end + (match?.[0].length ?? 0);
};

/**
 * The head of `INSERT INTO t (…) [SETTINGS …] FORMAT x | VALUES`; undefined for INSERT … SELECT.
 * What follows `dataStart` is data and is never read as SQL.
 */
const parseInsertHead = (
  sql: string,
  tokens: readonly Token[],
): Extract<Statement, { kind: 'insert-data' }> | undefined => {
  let index = 1;
  if (keywordOf(sql, tokens[index]) === 'INTO') index++;
  if (keywordOf(sql, tokens[index]) === 'TABLE') index++;
  if (keywordOf(sql, tokens[index]) === 'FUNCTION') return undefined;
  const nameEnd = indexAfterName(sql, tokens, index);
  const target: InsertTarget = {
    table: slice(sql, tokens, index, nameEnd),
    columns: undefined,
    settings: undefined,
  };
  index = nameEnd;
  if (isSymbol(sql, tokens[index], '(') && !streamKeywords.has(keywordOf(sql, tokens[index + 1]) ?? '')) {
    const end = indexAfterParentheses(sql, tokens, index);
    target.columns = slice(sql, tokens, index + 1, end - 1);
    index = end;
  }
  if (keywordOf(sql, tokens[index]) === 'SETTINGS') {
    const from = index + 1;
    while (index < tokens.length && !dataKeywords.has(keywordOf(sql, tokens[index]) ?? '')) index++;
    target.settings = slice(sql, tokens, from, index);
  }
  const keyword = keywordOf(sql, tokens[index]);
  const head = sql.slice(0, tokens[index]?.start ?? sql.length);
  if (keyword === 'VALUES') {
    return { kind: 'insert-data', head, target, format: 'Values', dataStart: (tokens[index] as Token).end };
  }
  const format = tokens[index + 1];
  if (keyword !== 'FORMAT' || format?.kind !== 'word') return undefined;
  return {
    kind: 'insert-data',
    head,
    target,
    format: textOf(sql, format),
    dataStart: dataStartAfter(sql, format.end),
  };
};

const firstKeyword = (sql: string, tokens: readonly Token[]): string =>
  keywordOf(
    sql,
    tokens.find((one) => !isSymbol(sql, one, '(')),
  ) ?? '';

const forbidFiles = (sql: string, tokens: readonly Token[]): void => {
  for (const { one, index } of topLevel(sql, tokens)) {
    const next = keywordOf(sql, tokens[index + 1]);
    const pair = `${keywordOf(sql, one) ?? ''} ${next ?? ''}`;
    if (pair === 'INTO OUTFILE' || pair === 'FROM INFILE') {
      throw failure(
        48,
        'NOT_IMPLEMENTED',
        `${pair} is a feature of the command line client; over HTTP the data travels in the body.`,
      );
    }
  }
};

/** `WITH … INSERT INTO` writes though it begins like a SELECT, and PARALLEL WITH joins statements of any kind. */
const writesAfterAll = (sql: string, tokens: readonly Token[], keyword: string): boolean =>
  tokens.some((one, index) => {
    const word = keywordOf(sql, one);
    if (word !== 'PARALLEL' && word !== 'INSERT') return false;
    const next = keywordOf(sql, tokens[index + 1]);
    return word === 'PARALLEL' ? next === 'WITH' : next === 'INTO' && streamKeywords.has(keyword);
  });

/** Finds out what a statement is. `sql` may hold the data of an INSERT behind its head. */
export const parseStatement = (sql: string): Statement => {
  const all = significant(tokenize(sql));
  if (all.length === 0) throw failure(62, 'SYNTAX_ERROR', 'Syntax error: the query is empty.');
  const keyword = firstKeyword(sql, all);
  if (keyword === 'INSERT') {
    const insert = parseInsertHead(sql, all);
    if (insert) return insert;
  }
  const single = singleStatement(sql, all);
  forbidFiles(single.sql, single.tokens);
  const format = formatClause(single.sql, single.tokens);
  if (sessionKeywords.has(keyword)) return { kind: 'session', sql: single.sql };
  if (keyword === 'KILL') return { kind: 'kill', sql: single.sql };
  if (writesAfterAll(single.sql, single.tokens, keyword))
    return { kind: 'other', sql: single.sql, format, isRead: false };
  if (!streamKeywords.has(keyword))
    return { kind: 'other', sql: single.sql, format, isRead: readKeywords.has(keyword) };
  const hasTotals = single.tokens.some((one) => keywordOf(single.sql, one) === 'TOTALS');
  return { kind: 'select', sql: single.sql, format, hasTotals };
};
