import { failure } from './engine-error.ts';
import { isSymbol, significant, textOf, tokenize, unquote, type Token } from './lexer.ts';

// The embedded engine has no users_files wall of its own: these would open any file this process can read or write.
const fileFunctions = new Set(
  'file filecluster executable filesystem sqlite python disk catboostevaluate'.split(' '),
);
const fileEngines = new Set(
  'file executable executablepool filesystem sqlite filelog backup embeddedrocksdb'.split(' '),
);

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

/** Throws when a statement would read or write files of the machine. */
export const forbidFileAccess = (sql: string): void => {
  const tokens = significant(tokenize(sql));
  const isAttach = nameOf(sql, tokens[0]) === 'attach';
  for (const [index, one] of tokens.entries()) {
    if (one.kind === 'string' && isAttach && nameOf(sql, tokens[index - 1]) === 'from')
      refuse('ATTACH … FROM a path');
    const name = nameOf(sql, one);
    if (name === undefined) continue;
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
  }
};
