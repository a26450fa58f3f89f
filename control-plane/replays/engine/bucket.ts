/** Tokens that come back with time: `perSecond` of them, and at most a tenth of a second's worth waits (one at least). */
export interface Bucket {
  /** How many may go at `nowMs`, at most `wanted`; they are taken. */
  take(wanted: number, nowMs: number): number;
  /** Gives back what was taken and not used. */
  giveBack(count: number): void;
  /** From now on at this pace. */
  pace(perSecond: number): void;
}

/** A bucket that starts full. Times are milliseconds of any monotonic clock. */
export function createBucket(perSecond: number, startMs: number): Bucket {
  let rate = perSecond;
  let tokens = sizeOf(rate);
  let atMs = startMs;
  return {
    take(wanted, nowMs) {
      tokens = Math.min(sizeOf(rate), tokens + (Math.max(0, nowMs - atMs) / 1000) * rate);
      atMs = Math.max(atMs, nowMs);
      const count = Math.min(wanted, Math.floor(tokens));
      tokens -= count;
      return count;
    },
    giveBack(count) {
      tokens = Math.min(sizeOf(rate), tokens + count);
    },
    pace(next) {
      rate = next;
    },
  };
}

function sizeOf(perSecond: number): number {
  return Math.max(1, perSecond / 10);
}
