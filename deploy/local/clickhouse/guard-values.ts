import { setImmediate } from 'node:timers/promises';
import { failure } from './engine-error.ts';
import { forbidFileTokens } from './guard.ts';
import { isSymbol, tokensOf, type Token } from './lexer.ts';

// Tokens take far more memory than the text they stand for, and reading them takes the whole process.
const batchMin = 20_000;

const depthChange = (sql: string, one: Token): number => {
  if (one.kind !== 'symbol') return 0;
  if ('([{'.includes(sql[one.start] as string)) return 1;
  return ')]}'.includes(sql[one.start] as string) ? -1 : 0;
};

/**
 * Holds a VALUES list to the rules of `forbidFileAccess`, some thousand rows at a time with others served in between.
 * A second statement behind it is refused as well; an unclosed quote is left to the engine, whose message names the row.
 */
export const forbidFilesInValues = async (values: string): Promise<void> => {
  let batch: Token[] = [];
  let depth = 0;
  let isEnded = false;
  for (const one of tokensOf(values)) {
    if (one.kind === 'space' || one.kind === 'comment') continue;
    if (isEnded && !isSymbol(values, one, ';'))
      throw failure(62, 'SYNTAX_ERROR', 'Syntax error (Multi-statements are not allowed).');
    isEnded ||= isSymbol(values, one, ';');
    batch.push(one);
    const change = depthChange(values, one);
    depth += change;
    if (batch.length < batchMin || change !== -1 || depth !== 0) continue;
    forbidFileTokens(values, batch);
    batch = [];
    await setImmediate();
  }
  forbidFileTokens(values, batch);
};
