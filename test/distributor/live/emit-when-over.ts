import type { Step } from '../business/types.ts';

/** A span that is still running is told when it has ended. */
export function emitWhenOver(
  emit: (step: Step) => void,
  now: () => number,
  stop: AbortSignal,
): (step: Step) => void {
  return (step) => {
    const endMs = step.kind === 'attempted' || step.kind === 'sent' ? step.atMs + step.durationMs : step.atMs;
    const waitMs = endMs - now();
    if (waitMs <= 0) return emit(step);
    setTimeout(() => !stop.aborted && emit(step), Math.min(waitMs, 300_000)).unref();
  };
}
