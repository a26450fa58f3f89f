import { setTimeout as wait } from 'node:timers/promises';
import { describeError, type Log } from './log.ts';

const attemptsMax = 60;
const pauseMs = 1000;

/** Asks again each second while a database that starts beside this process is not there yet. @throws its last error */
export async function untilAnswers(name: string, ask: () => Promise<unknown>, log: Log): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await ask();
      return;
    } catch (error) {
      if (attempt === attemptsMax || !isAbsent(error)) throw error;
      if (attempt === 1) log.warn(`${name} does not answer yet`, { error: describeError(error).error });
    }
    await wait(pauseMs);
  }
}

/** A refused password or a wrong name stays wrong however often it is tried. */
function isAbsent(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return /^(ECONN|ETIMEDOUT|EHOSTUNREACH|EAI_AGAIN|ENOTFOUND|57P0|unreachable|timeout)/.test(code);
}
