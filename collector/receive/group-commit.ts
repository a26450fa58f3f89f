import type { Log } from '../log.ts';
import type { Spool } from '../spool/spool.ts';
import type { Intake } from './intake.ts';

/**
 * Commits what requests have decoded, all that came in during one disk sync with the next one. `join` is called right
 * after a request was decoded, and tells whether its items are durable.
 */
export function createGroupCommit(spool: Spool, intake: Intake, log: Log): { join(): Promise<boolean> } {
  let waiting: ((isDurable: boolean) => void)[] = [];
  let isRunning = false;

  const commitOnce = async (): Promise<void> => {
    const group = waiting;
    waiting = [];
    const harvest = intake.harvest();
    let isDurable = true;
    try {
      await spool.commit(harvest.records, harvest.rejections);
    } catch (error) {
      isDurable = false;
      log.error('The spool could not be written; senders are asked to try again', { error: String(error) });
    }
    harvest.release();
    for (const answer of group) answer(isDurable);
  };

  const run = async (): Promise<void> => {
    // Requests that are already readable on other connections are decoded first and share the commit.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (waiting.length > 0) await commitOnce();
    isRunning = false;
  };

  return {
    join: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        if (isRunning) return;
        isRunning = true;
        void run();
      }),
  };
}
