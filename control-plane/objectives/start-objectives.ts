import { schedule } from 'node-cron';
import type { Context } from '../context.ts';
import { describeError } from '../log.ts';
import { evaluateObjectives, type Evaluator } from './evaluate-objectives.ts';
import { watchOutages } from './watch-outages.ts';

/** A minute that has ended is evaluated soon after what came late to it. */
const everyTenSeconds = '*/10 * * * * *';
/** How soon somebody is told that all fails hangs on it. */
const everyFiveSeconds = '*/5 * * * * *';

/** Evaluates the objectives of the catalog while this process lives and holds the lease. Answers how to stop. */
export function startObjectives(context: Context): () => Promise<void> {
  const evaluator: Evaluator = { owner: context.randomId(), engine: undefined };
  const stops = [
    repeat(context, 'objectives could not be evaluated', everyTenSeconds, () =>
      evaluateObjectives(context, evaluator),
    ),
    repeat(context, 'the newest messages could not be looked at', everyFiveSeconds, () =>
      watchOutages(context, evaluator.owner),
    ),
  ];
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}

/** Does work again and again, never twice at once. @param failure what is logged, once for each time of trouble */
function repeat(
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
