import { setTimeout as sleep } from 'node:timers/promises';

/** Waits, or until the signal. */
export async function pause(forMs: number, stop: AbortSignal): Promise<void> {
  await sleep(forMs, undefined, { signal: stop }).catch(() => undefined);
}

/** 0.25 s, 0.5 s, 1 s … 10 s: the wait before the nth attempt, n from 0. */
export function backoffMs(nth: number): number {
  return Math.min(10_000, 250 * 2 ** Math.min(nth, 10));
}
