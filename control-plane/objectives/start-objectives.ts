import { schedule } from 'node-cron';
import type { Context } from '../context.ts';
import { describeError } from '../log.ts';
import { evaluateObjectives, type Evaluator } from './evaluate-objectives.ts';

/** Every ten seconds: a minute that has ended is evaluated soon after what came late to it. */
const everyTenSeconds = '*/10 * * * * *';

/** Evaluates the objectives of the catalog while this process lives and holds the lease. Answers how to stop. */
export function startObjectives(context: Context): () => Promise<void> {
  const evaluator: Evaluator = { owner: context.randomId(), engine: undefined };
  let running: Promise<unknown> | undefined;
  let isFailing = false;
  const task = schedule(
    everyTenSeconds,
    () => {
      running ??= evaluateObjectives(context, evaluator)
        .then(() => {
          isFailing = false;
        })
        .catch((error: unknown) => {
          // Once for each outage.
          if (!isFailing) context.log.warn('objectives could not be evaluated', describeError(error));
          isFailing = true;
        })
        .finally(() => (running = undefined));
    },
    { name: 'objectives' },
  );
  return async () => {
    await task.destroy();
    await running;
  };
}
