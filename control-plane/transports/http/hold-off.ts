import { pause } from '../pause.ts';

const waitMsMax = 30_000;

/** Leaves a service alone for as long as it asked with Retry-After, at most half a minute at a time. */
export interface HoldOff {
  /** What an answer said; `at` is now. */
  readonly asked: (retryAfter: string | undefined, at: Date) => void;
  /** Milliseconds for which it still wants to be left alone; 0: none. */
  readonly remainingMs: () => number;
  readonly wait: (signal: AbortSignal) => Promise<void>;
}

export function createHoldOff(): HoldOff {
  let untilMs = 0;
  const remainingMs = () => Math.max(0, untilMs - performance.now());
  return {
    remainingMs,
    asked(retryAfter, at) {
      const forMs = retryAfterMs(retryAfter, at);
      if (forMs !== undefined) untilMs = Math.max(untilMs, performance.now() + Math.min(forMs, waitMsMax));
    },
    async wait(signal) {
      // Timers may come a part of a millisecond early.
      if (remainingMs() > 0) await pause(Math.ceil(remainingMs()) + 1, signal);
    },
  };
}

/** RFC 9110, 10.2.3: seconds, or a date. Undefined: it says neither. */
export function retryAfterMs(value: string | undefined, at: Date): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - at.getTime());
}
