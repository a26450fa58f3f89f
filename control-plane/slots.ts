import type { TimeRange } from './range.ts';

const slotsMax = 180;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** Widths that read well on an axis, in minutes. */
const widthsMinutes = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 4320, 7200, 14_400];

/** Width in seconds of equal slots of a range: the narrowest that keeps a series at `max` points or fewer. */
export function slotSeconds(range: TimeRange, max = slotsMax): number {
  const minutes = (range.to.getTime() - range.from.getTime()) / minuteMs;
  return (widthsMinutes.find((width) => minutes / width <= max) ?? Math.ceil(minutes / max)) * 60;
}

/** Starts of all slots that a range touches, as seconds since 1970. Slots are aligned to 1970, as in the queries. */
export function slotStarts(range: TimeRange, widthSeconds: number): number[] {
  const first = Math.floor(range.from.getTime() / 1000 / widthSeconds) * widthSeconds;
  const starts: number[] = [];
  for (let at = first; at * 1000 < range.to.getTime(); at += widthSeconds) starts.push(at);
  return starts;
}

/** Instant of a slot in the API's form. */
export function slotInstant(startSeconds: number): string {
  return new Date(startSeconds * 1000).toISOString();
}

/** The range widened to whole minutes, the finest that the rollups know. */
export function wholeMinutes(range: TimeRange): TimeRange {
  return {
    from: new Date(Math.floor(range.from.getTime() / minuteMs) * minuteMs),
    to: new Date(Math.ceil(range.to.getTime() / minuteMs) * minuteMs),
  };
}

/** The whole hours inside a range; both ends are equal when there are none. What lies outside needs finer rows. */
export function wholeHours(range: TimeRange): TimeRange {
  const from = Math.ceil(range.from.getTime() / hourMs) * hourMs;
  const to = Math.floor(range.to.getTime() / hourMs) * hourMs;
  if (from >= to) return { from: range.to, to: range.to };
  return { from: new Date(from), to: new Date(to) };
}
