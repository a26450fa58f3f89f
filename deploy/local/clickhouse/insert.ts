import { z } from 'zod';
import type { Lease } from './engine.ts';
import { failure } from './engine-error.ts';
import {
  isSymbol,
  keywordOf,
  quoteIdentifier,
  quoteString,
  significant,
  textOf,
  tokenize,
  unquote,
  type Token,
} from './lexer.ts';
import type { InsertTarget } from './statement.ts';

const describeSchema = z.object({
  data: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      default_type: z.string(),
      default_expression: z.string(),
    }),
  ),
});
type Column = z.infer<typeof describeSchema>['data'][number];

const describe = async (lease: Lease, table: string): Promise<Column[]> => {
  const result = await lease.query(`DESCRIBE TABLE ${table}`, 'JSON');
  return describeSchema.parse(JSON.parse(Buffer.from(result.bytes).toString('utf8'))).data;
};

const identifierText = (sql: string, one: Token): string =>
  one.kind === 'quoted' ? unquote(textOf(sql, one)) : textOf(sql, one);

/** Names in a column list; a dotted name (Nested) is one name. */
const namesIn = (list: string): string[] => {
  const names: string[] = [];
  let isContinued = false;
  for (const one of significant(tokenize(list))) {
    if (one.kind === 'word' || one.kind === 'quoted') {
      const name = identifierText(list, one);
      if (isContinued) names[names.length - 1] += `.${name}`;
      else names.push(name);
      isContinued = false;
    } else if (isSymbol(list, one, '.')) isContinued = true;
  }
  return names;
};

const insertable = (columns: readonly Column[]): Column[] =>
  columns.filter((column) => !['MATERIALIZED', 'ALIAS', 'EPHEMERAL'].includes(column.default_type));

/** The columns that the data holds, in its order: those listed, `* EXCEPT (…)`, or all that can be inserted. */
const dataColumns = (columns: readonly Column[], list: string | undefined): Column[] => {
  if (list === undefined) return insertable(columns);
  const tokens = significant(tokenize(list));
  if (isSymbol(list, tokens[0], '*')) {
    if (tokens.length > 1 && keywordOf(list, tokens[1]) !== 'EXCEPT') {
      throw failure(
        48,
        'NOT_IMPLEMENTED',
        'Of the column expressions of an INSERT only * and * EXCEPT (…) are offered here.',
      );
    }
    const without = new Set(tokens.length > 1 ? namesIn(list.slice(tokens[1]?.end)) : []);
    return insertable(columns).filter((column) => !without.has(column.name));
  }
  return namesIn(list).map((name) => {
    const column = columns.find((one) => one.name === name);
    if (!column)
      throw failure(
        16,
        'NO_SUCH_COLUMN_IN_TABLE',
        `No such column ${name} in the table that the INSERT names.`,
      );
    return column;
  });
};

/** A default may only be computed while reading when all columns it names are in the data; else the table does it. */
const defaultClause = (column: Column, present: ReadonlySet<string>, all: ReadonlySet<string>): string => {
  if (column.default_type !== 'DEFAULT' || column.default_expression === '') return '';
  const expression = column.default_expression;
  const named = significant(tokenize(expression))
    .filter((one) => one.kind === 'word' || one.kind === 'quoted')
    .map((one) => identifierText(expression, one));
  return named.every((name) => !all.has(name) || present.has(name)) ? ` DEFAULT ${expression}` : '';
};

const structureOf = (data: readonly Column[], columns: readonly Column[]): string => {
  const present = new Set(data.map((column) => column.name));
  const all = new Set(columns.map((column) => column.name));
  return data
    .map((column) => `${quoteIdentifier(column.name)} ${column.type}${defaultClause(column, present, all)}`)
    .join(', ');
};

/**
 * The statements that load a spooled body and count its rows: the embedded engine takes binary data only from a file.
 * It is one INSERT, so tokens, deduplication and materialized views behave as for a body sent to a server.
 */
export const insertFromFile = async (
  lease: Lease,
  target: InsertTarget,
  format: string,
  file: string,
): Promise<{ insert: string; count: string }> => {
  const columns = await describe(lease, target.table);
  const data = dataColumns(columns, target.columns);
  const names = data.map((column) => quoteIdentifier(column.name)).join(', ');
  const settings = target.settings === undefined ? '' : ` SETTINGS ${target.settings}`;
  const source = `file(${quoteString(file)}, ${quoteString(format)}, ${quoteString(structureOf(data, columns))})`;
  return {
    insert: `INSERT INTO ${target.table} (${names})${settings} SELECT * FROM ${source}`,
    count: `SELECT count() FROM ${source}`,
  };
};

/** `INSERT … SELECT … FROM input('structure') FORMAT x` with its data in `file`; undefined when it names no input(). */
export const inputFromFile = (sql: string, format: string, file: string): string | undefined => {
  const tokens = significant(tokenize(sql));
  const index = tokens.findIndex(
    (one, at) => keywordOf(sql, one) === 'INPUT' && isSymbol(sql, tokens[at + 1], '('),
  );
  const call = tokens[index];
  const open = tokens[index + 1];
  const tail = tokens.findLast((one) => keywordOf(sql, one) === 'FORMAT');
  if (index === -1 || !call || !open || !tail) return undefined;
  const source = `file(${quoteString(file)}, ${quoteString(format)}, `;
  return `${sql.slice(0, call.start)}${source}${sql.slice(open.end, tail.start)}`;
};

/** True when an INSERT … SELECT reads its rows from the body of the request. */
export const readsInput = (sql: string): boolean => {
  const tokens = significant(tokenize(sql));
  return (
    keywordOf(sql, tokens[0]) === 'INSERT' &&
    tokens.some((one, at) => keywordOf(sql, one) === 'INPUT' && isSymbol(sql, tokens[at + 1], '('))
  );
};
