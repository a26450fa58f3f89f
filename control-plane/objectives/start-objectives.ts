import type { Context } from '../context.ts';
import { repeat } from '../repeat.ts';
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
