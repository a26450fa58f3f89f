import { randomOf } from './random.ts';

const hourMs = 3_600_000;
const dayMs = 86_400_000;

/** Kinds of business transactions that begin by themselves, and their share. */
export const arrivalKinds = ['order', 'movement', 'return', 'price', 'customer'] as const;
export type ArrivalKind = (typeof arrivalKinds)[number];
const shares: readonly (readonly [ArrivalKind, number])[] = [
  ['order', 0.5],
  ['movement', 0.3],
  ['return', 0.04],
  ['price', 0.07],
  ['customer', 0.09],
];

export interface Arrival {
  readonly atMs: number;
  readonly kind: ArrivalKind;
  /** Eight digits, unique: the day and a serial number within it. */
  readonly number: string;
  /** The channel of an order; without it chance decides. */
  readonly channel?: 'shop' | 'marketplace' | 'edi';
}

/** Share of the mean rate at each hour of a working day in Chicago: shop at night, trading partners by day. */
const hourShape = [
  0.55, 0.5, 0.48, 0.48, 0.52, 0.62, 0.85, 1.15, 1.5, 1.7, 1.75, 1.65, 1.4, 1.5, 1.6, 1.5, 1.35, 1.15, 0.95,
  0.9, 0.85, 0.8, 0.7, 0.6,
] as const;
const weekendShare = 0.65;
/** America/Chicago in winter: close enough for the shape of a day, and pure. */
const zoneOffsetMs = -6 * hourMs;

/** How busy the business is at an instant, against its mean. */
export function shapeAt(atMs: number): number {
  const local = new Date(atMs + zoneOffsetMs);
  const share = hourShape[local.getUTCHours()] ?? 1;
  const weekday = local.getUTCDay();
  return weekday === 0 || weekday === 6 ? share * weekendShare : share * 1.1;
}

/**
 * All that begins within one hour of UTC, in the order of time. An hour depends on the seed, the
 * rate (transactions a minute) and itself alone, so history does not depend on where one starts to read it.
 */
export function arrivalsOfHour(seed: number, ratePerMinute: number, hour: number): Arrival[] {
  const random = randomOf(seed, `hour ${hour}`);
  const fromMs = hour * hourMs;
  const meanGapMs = 60_000 / (ratePerMinute * shapeAt(fromMs));
  const slot = slotOf(hour);
  const arrivals: Arrival[] = [];
  let atMs = fromMs - Math.log(1 - random.next()) * meanGapMs;
  while (atMs < fromMs + hourMs && arrivals.length < serialsPerHour) {
    const number = String(slot + arrivals.length).padStart(8, '0');
    arrivals.push({ atMs, kind: kindOf(random.next()), number });
    atMs -= Math.log(1 - random.next()) * meanGapMs;
  }
  return arrivals;
}

/** The first number of an hour. */
export function slotOf(hour: number): number {
  const day = Math.floor((hour * hourMs) / dayMs) % 1000;
  return day * 100_000 + (hour % 24) * 2 * serialsPerHour;
}

/** A hundred thousand numbers a day shared by twenty-four hours; the second half of an hour is for duplicates. */
export const serialsPerHour = 2080;

function kindOf(point: number): ArrivalKind {
  let sum = 0;
  for (const [kind, share] of shares) {
    sum += share;
    if (point < sum) return kind;
  }
  return 'order';
}
