import type { TimeRange } from './range.ts';

const slotsMax = 150;
const minuteS = 60;
/** Widths that read well on an axis, in seconds. */
const widths = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 4320, 7200].map(
  (minutes) => minutes * minuteS,
);

/** Width in seconds of equal slots of a range: the narrowest that keeps a series at 150 points or fewer. */
export function slotSeconds(range: TimeRange, max = slotsMax): number {
  const seconds = (range.to.getTime() - range.from.getTime()) / 1000;
  return widths.find((width) => seconds / width <= max) ?? Math.ceil(seconds / max);
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
