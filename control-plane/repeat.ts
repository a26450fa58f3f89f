import { schedule } from 'node-cron';
import type { Context } from './context.ts';
import { describeError } from './log.ts';

/**
 * Does work again and again, never twice at once. Answers how to stop: what is under way is waited for.
 * @param cron six fields, seconds first @param failure what is logged, once for each time of trouble
 */
export function repeat(
  context: Context,
  failure: string,
  cron: string,
  work: () => Promise<unknown>,
): () => Promise<void> {
  let running: Promise<unknown> | undefined;
  let isFailing = false;
  const task = schedule(cron, () => {
    running ??= work()
      .then(() => {
        isFailing = false;
      })
      .catch((error: unknown) => {
        if (!isFailing) context.log.warn(failure, describeError(error));
        isFailing = true;
      })
      .finally(() => (running = undefined));
  });
  return async () => {
    await task.destroy();
    await running;
  };
}
