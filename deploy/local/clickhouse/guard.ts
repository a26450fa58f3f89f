import { failure } from './engine-error.ts';
import { sqlInTexts } from './guard-text.ts';
import { isSymbol, significant, textOf, tokenize, unquote, type Token } from './lexer.ts';

// The embedded engine has no users_files wall of its own: these would open any file this process can read or write.
const fileFunctions = new Set(
  'file filecluster executable filesystem sqlite python disk catboostevaluate'.split(' '),
);
const fileEngines = new Set(
  'file executable executablepool filesystem sqlite filelog backup embeddedrocksdb'.split(' '),
);

/** Settings that name a file to read, or hold SQL that this guard would have to read as well. */
const hiddenSettings = new Set([
  'additional_result_filter',
  'additional_table_filters',
  'dialect',
  'format_schema',
  'format_schema_source',
  'format_template_resultset',
  'format_template_row',
]);

/** Lakes on the local disk: icebergLocal, deltaLakeLocal and their like, as functions and as engines. */
const isLocalLake = (name: string): boolean =>
  name.endsWith('local') && /^(iceberg|delta|paimon|hudi)/.test(name);

const nameOf = (sql: string, one: Token | undefined): string | undefined => {
  if (one?.kind === 'word') return textOf(sql, one).toLowerCase();
  if (one?.kind === 'quoted') return unquote(textOf(sql, one)).toLowerCase();
  return undefined;
};

const refuse = (name: string): never => {
  throw failure(
    291,
    'DATABASE_ACCESS_DENIED',
    `${name} reaches the files of this machine and is not allowed over HTTP; send the data in the body of an INSERT instead.`,
  );
};

/** url() opens file: addresses as well; only a plain address can be told apart from one. */
const isUnsafeUrl = (sql: string, tokens: readonly Token[], index: number): boolean => {
  const address = tokens[index + 2];
  return address?.kind !== 'string' || /^\s*file:/i.test(unquote(textOf(sql, address)));
};

/** Throws when a setting would read files of the machine, or smuggle in SQL that does. */
export const forbidFileSettings = (names: Iterable<string>): void => {
  for (const name of names) if (hiddenSettings.has(name)) refuse(`The setting ${name}`);
};

const settingIn = (sql: string, tokens: readonly Token[], index: number): string | undefined => {
  const before = tokens[index - 1];
  const isSetting =
    isSymbol(sql, tokens[index + 1], '=') &&
    (isSymbol(sql, before, ',') || ['settings', 'set'].includes(nameOf(sql, before) ?? ''));
  return isSetting ? nameOf(sql, tokens[index]) : undefined;
};

/** A function handed to another by its bare name: APPLY file, APPLY(file), arrayMap(file, …). */
const isHandedOver = (sql: string, tokens: readonly Token[], index: number): boolean => {
  const opens = isSymbol(sql, tokens[index - 1], '(');
  const taker = nameOf(sql, tokens[index - (opens ? 2 : 1)]) ?? '';
  return taker === 'apply' || (opens && /^(array|map)/.test(taker) && isSymbol(sql, tokens[index + 1], ','));
};

/** Throws when a statement would read or write files of the machine. */
export const forbidFileAccess = (sql: string): void => forbidFileTokens(sql, significant(tokenize(sql)));

/** The same for the significant tokens of a part of a statement. */
export const forbidFileTokens = (sql: string, tokens: readonly Token[]): void => {
  const isAttach = nameOf(sql, tokens[0]) === 'attach';
  for (const [index, one] of tokens.entries()) {
    if (one.kind === 'string' && isAttach && nameOf(sql, tokens[index - 1]) === 'from')
      refuse('ATTACH … FROM a path');
    const name = nameOf(sql, one);
    if (name === undefined) continue;
    forbidFileSettings([settingIn(sql, tokens, index) ?? '']);
    if (fileFunctions.has(name) && isHandedOver(sql, tokens, index)) refuse(name);
    if ((fileFunctions.has(name) || isLocalLake(name)) && isSymbol(sql, tokens[index + 1], '('))
      refuse(`${name}()`);
    if (
      (name === 'url' || name === 'urlcluster') &&
      isSymbol(sql, tokens[index + 1], '(') &&
      isUnsafeUrl(sql, tokens, index)
    )
      refuse('url() with anything but a plain http or https address');
    if (name === 'engine') {
      const engine = nameOf(sql, tokens[index + (isSymbol(sql, tokens[index + 1], '=') ? 2 : 1)]);
      if (engine !== undefined && (fileEngines.has(engine) || isLocalLake(engine)))
        refuse(`ENGINE = ${engine}`);
    }
    if ((name === 'backup' || name === 'restore') && index === 0) refuse(name.toUpperCase());
    if (name === 'named' && nameOf(sql, tokens[index + 1]) === 'collection') refuse('A NAMED COLLECTION');
    const texts =
      sqlInTexts(sql, tokens, index, name) ?? refuse(`${name}() with computed text or fetched Values`);
    for (const text of texts) forbidFileAccess(text);
  }
};
