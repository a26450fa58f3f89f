/** Stretch of time in whole minutes since the epoch; `to` is not part of it. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

export const minuteMs = 60_000;
export const dayMinutes = 1440;

/** The minute that an instant lies in. */
export function minuteOf(instantMs: number): number {
  return Math.floor(instantMs / minuteMs);
}

/** The same time as the given intervals, in order and without overlaps. */
export function joinIntervals(intervals: readonly Interval[]): Interval[] {
  const joined: { from: number; to: number }[] = [];
  for (const { from, to } of intervals.toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (to <= from) continue;
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else joined.push({ from, to });
  }
  return joined;
}
