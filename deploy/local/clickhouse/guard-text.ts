import { isSymbol, keywordOf, textOf, unquote, type Token } from './lexer.ts';

// Functions that read columns (whose defaults are expressions) or rows (Values is SQL) out of a text.
const textReaders = new Set(
  'format values input url urlcluster s3 s3cluster gcs cosn oss azureblobstorage azureblobstoragecluster hdfs hdfscluster redis mongodb generaterandom'.split(
    ' ',
  ),
);
const remoteReaders = /^(url|s3|gcs|cosn|oss|azure|hdfs)/;
// Arguments of these that are calls themselves and hold no columns.
const namedLists = new Set(['headers', 'extra_credentials']);

/** Every argument by its tokens, from the opening parenthesis at `open`. */
const argumentsAt = (sql: string, tokens: readonly Token[], open: number): Token[][] => {
  const found: Token[][] = [[]];
  let depth = 0;
  for (const one of tokens.slice(open)) {
    if (isSymbol(sql, one, ')') && --depth === 0) break;
    const isOpening = isSymbol(sql, one, '(') && depth++ === 0;
    if (isOpening) continue;
    if (depth === 1 && isSymbol(sql, one, ',')) found.push([]);
    else found.at(-1)?.push(one);
  }
  return found;
};

const isText = (one: Token | undefined): boolean => one?.kind === 'string' || one?.kind === 'heredoc';

const contentOf = (sql: string, one: Token): string => {
  const text = textOf(sql, one);
  return one.kind === 'heredoc'
    ? text.slice(text.indexOf('$', 1) + 1).replace(/\$\w*\$$/, '')
    : unquote(text);
};

/** The string function format('{} …', …) takes any arguments; the table function takes the name of a format first. */
const isStringFormat = (sql: string, name: string, first: readonly Token[]): boolean =>
  name === 'format' && isText(first[0]) && contentOf(sql, first[0] as Token).includes('{');

const isPlain = (sql: string, argument: readonly Token[]): boolean =>
  argument.length <= 1 || namedLists.has(textOf(sql, argument[0] as Token).toLowerCase());

const isValuesFormat = (sql: string, argument: readonly Token[]): boolean => {
  const [only] = argument;
  if (only === undefined || argument.length > 1) return false;
  return (
    keywordOf(sql, only) === 'VALUES' || (isText(only) && contentOf(sql, only).toLowerCase() === 'values')
  );
};

/**
 * What the call at `index` would have the engine read as SQL although it stands in a text: the texts, or `undefined`
 * where they cannot be known before the engine computes or fetches them.
 */
export const sqlInTexts = (
  sql: string,
  tokens: readonly Token[],
  index: number,
  name: string,
): string[] | undefined => {
  if (!textReaders.has(name) || !isSymbol(sql, tokens[index + 1], '(')) return [];
  const given = argumentsAt(sql, tokens, index + 1);
  if (isStringFormat(sql, name, given[0] ?? [])) return [];
  // The rows of values() are constants of the statement itself: only its columns stand in a text.
  const texts = name === 'values' ? given.slice(0, 1).filter((one) => !isSymbol(sql, one[0], '(')) : given;
  if (texts.some((one) => one.some(isText) && !isPlain(sql, one))) return undefined;
  if (remoteReaders.test(name) && given.some((one) => isValuesFormat(sql, one))) return undefined;
  return texts
    .flat()
    .filter(isText)
    .map((one) => contentOf(sql, one));
};
