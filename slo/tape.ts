import type { Objective } from '@plumbline/model/catalog/objective.ts';
import { dayMinutes, type Interval } from './interval.ts';
import { eachSlice, hasSlice, type Series } from './series.ts';

/** One slice of RatioTimeslices is so many parts, so that sums of ratios are sums of whole numbers. */
const ratioParts = 1_000_000_000;

/** What is measured of one objective. */
export interface Measurements {
  readonly counts: Series;
  /** Minutes in which the reporting system was heard at all, on whatever flow, as slices with a total. */
  readonly heard: Series;
  /** Open time of the objective's calendar; null: always open. */
  readonly open: readonly Interval[] | null;
  readonly corrected: readonly Interval[];
  /** The minute from which the objective is expected to be measured. */
  readonly sinceMinute: number;
}

/** Sums over a window. `good` and `total` are in the unit of the budgeting method; events are messages in every method. */
export interface Sums {
  readonly good: number;
  readonly total: number;
  readonly events: number;
  readonly badEvents: number;
}

/** Running sums over a stretch of time: any window within it costs two look-ups. Every sum is of whole numbers, so exact. */
export interface Tape {
  readonly from: number;
  readonly to: number;
  sums(from: number, to: number): Sums;
  /** Stretches in which the reporter was expected, and of those the ones in which it was heard. */
  coverage(from: number, to: number): { readonly expected: number; readonly observed: number };
  openMinutes(from: number, to: number): number;
  /** The minute from which so many open minutes lead to `to`; the start of the tape when it does not hold as many. */
  back(to: number, openMinutes: number): number;
}

/** Room for the sums of one tape after another: taking new room for each costs more than winding it. */
export interface Reel {
  events: Float64Array;
  bad: Float64Array;
}

export function createReel(): Reel {
  return { events: new Float64Array(0), bad: new Float64Array(0) };
}

/**
 * Winds up what was measured from the day of `from` until the minute before `to`.
 * @param reel The tape that was wound on it before is void from now on.
 */
export function windTape(
  objective: Objective,
  measured: Measurements,
  from: number,
  to: number,
  reel: Reel = createReel(),
): Tape {
  const start = Math.floor(from / dayMinutes) * dayMinutes;
  const length = Math.max(0, to - start);
  const counted = countedMask(measured, start, length);
  if (reel.events.length <= length) {
    reel.events = new Float64Array(length + 1);
    reel.bad = new Float64Array(length + 1);
  }
  const events = reel.events.subarray(0, length + 1).fill(0);
  const bad = reel.bad.subarray(0, length + 1).fill(0);
  eachSlice(measured.counts, start, to, (minute, total, failed) => {
    const at = minute - start;
    if (counted !== null && counted[at] !== 1) return;
    events[at + 1] = total;
    bad[at + 1] = failed;
  });
  accumulate(events);
  accumulate(bad);
  const slices = slicesOf(objective, events, bad, length);
  const slots = slotsOf(objective.expectedEveryMinutes, measured, counted, start);
  const clock = measured.open === null ? null : prefixOf(maskOf(measured.open, start, length));
  const clip = (minute: number): number => Math.min(length, Math.max(0, minute - start));

  return {
    from: start,
    to,
    sums(windowFrom, windowTo) {
      const [a, b] = [clip(windowFrom), clip(windowTo)];
      const total = between(events, a, b);
      const failed = between(bad, a, b);
      const part = slices === null ? { total, good: total - failed } : slices(a, b);
      return { ...part, events: total, badEvents: failed };
    },
    coverage: (windowFrom, windowTo) => slots(clip(windowFrom), clip(windowTo)),
    openMinutes(windowFrom, windowTo) {
      const [a, b] = [clip(windowFrom), clip(windowTo)];
      return clock === null ? b - a : between(clock, a, b);
    },
    back(windowTo, minutes) {
      const end = clip(windowTo);
      if (clock === null) return start + Math.max(0, end - minutes);
      return start + lastAtMost(clock, (clock[end] ?? 0) - minutes);
    },
  };
}

/**
 * Sums of the slice methods between two positions. Only whole slices count: a window that ends within one ends with
 * the slice before, and keeps its length.
 */
function slicesOf(
  { budgeting }: Objective,
  events: Float64Array,
  bad: Float64Array,
  length: number,
): ((a: number, b: number) => { good: number; total: number }) | null {
  if (budgeting.method === 'occurrences') return null;
  const width = budgeting.sliceMinutes;
  const slices = Math.floor(length / width);
  const good = new Float64Array(slices + 1);
  const total = new Float64Array(slices + 1);
  for (let slice = 0; slice < slices; slice += 1) {
    const count = between(events, slice * width, (slice + 1) * width);
    // A slice in which nothing happened is neither good nor bad.
    if (count === 0) continue;
    const goodCount = count - between(bad, slice * width, (slice + 1) * width);
    total[slice + 1] = 1;
    good[slice + 1] =
      budgeting.method === 'timeslices'
        ? Number(goodCount >= count * budgeting.sliceTarget)
        : Math.round((goodCount / count) * ratioParts);
  }
  accumulate(good);
  accumulate(total);
  const unit = budgeting.method === 'timeslices' ? 1 : ratioParts;
  return (a, b) => {
    const last = Math.floor(b / width);
    const first = Math.max(0, last - Math.floor((b - a) / width));
    return { good: between(good, first, last), total: between(total, first, last) * unit };
  };
}

/** Expected and observed slots between two positions. A slot counts when all of it counts and lies after the beginning. */
function slotsOf(width: number, measured: Measurements, counted: Uint8Array | null, start: number) {
  const isExpected = (at: number): boolean => {
    if (start + at < measured.sinceMinute) return false;
    return counted === null || !counted.subarray(at, at + width).includes(0);
  };
  return (a: number, b: number) => {
    const slots = { expected: 0, observed: 0 };
    for (let at = Math.ceil(a / width) * width; at + width <= b; at += width) {
      if (!isExpected(at)) continue;
      slots.expected += 1;
      slots.observed += hasSlice(measured.heard, start + at, start + at + width) ? 1 : 0;
    }
    return slots;
  };
}

/** 1 for every minute that counts; null when all do. */
function countedMask({ open, corrected }: Measurements, start: number, length: number): Uint8Array | null {
  if (open === null && corrected.length === 0) return null;
  const mask = open === null ? new Uint8Array(length).fill(1) : maskOf(open, start, length);
  for (const interval of corrected) fill(mask, interval, start, 0);
  return mask;
}

function maskOf(intervals: readonly Interval[], start: number, length: number): Uint8Array {
  const mask = new Uint8Array(length);
  for (const interval of intervals) fill(mask, interval, start, 1);
  return mask;
}

function fill(mask: Uint8Array, { from, to }: Interval, start: number, value: number): void {
  if (to > start) mask.fill(value, Math.max(0, from - start), to - start);
}

function prefixOf(mask: Uint8Array): Float64Array {
  const sums = new Float64Array(mask.length + 1);
  sums.set(mask, 1);
  accumulate(sums);
  return sums;
}

function accumulate(values: Float64Array): void {
  for (let at = 1; at < values.length; at += 1) values[at] = (values[at] ?? 0) + (values[at - 1] ?? 0);
}

function between(sums: Float64Array, a: number, b: number): number {
  return (sums[b] ?? 0) - (sums[a] ?? 0);
}

/** The last position whose sum is at most the wanted one; the first when there is none. */
function lastAtMost(sums: Float64Array, wanted: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((sums[middle] ?? 0) <= wanted) low = middle;
    else high = middle - 1;
  }
  return low;
}
