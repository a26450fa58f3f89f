import { advance, type createBusiness } from './business/simulate.ts';
import type { Step } from './business/types.ts';
import type { Exporter } from './telemetry/exporter.ts';

type Business = ReturnType<typeof createBusiness>;

const hourMs = 3_600_000;
/** Steps between two looks at the room left; a step makes up to four items. */
const stride = 500;

/** Steps by hour, so that the newest can be told first. */
export type History = Map<number, Step[]>;

/** Puts a step into its hour. */
export function remember(history: History, step: Step): void {
  const hour = Math.floor(step.atMs / hourMs);
  const steps = history.get(hour);
  if (steps) steps.push(step);
  else history.set(hour, [step]);
}

/**
 * Lives through the past at once and tells it newest hour first: whoever looks meanwhile sees the
 * last hours complete, and older ones grow in behind them.
 */
export async function backfill(
  business: Business,
  history: History,
  untilMs: number,
  emit: (step: Step) => void,
  exporter: Exporter,
  progress: (hoursLeft: number) => void,
): Promise<void> {
  advance(business, untilMs);
  const hours = [...history.keys()].sort((a, b) => b - a);
  for (const [index, hour] of hours.entries()) {
    await tell(history.get(hour) ?? [], emit, exporter);
    history.delete(hour);
    progress(hours.length - index - 1);
  }
  await exporter.flush();
}

async function tell(steps: readonly Step[], emit: (step: Step) => void, exporter: Exporter): Promise<void> {
  for (let from = 0; from < steps.length; from += stride) {
    for (const step of steps.slice(from, from + stride)) emit(step);
    await exporter.room();
  }
}
