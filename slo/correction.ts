import { Opening, Weekday } from '@plumbline/model/catalog/calendar.ts';
import { TimeZone } from '@plumbline/model/catalog/name.ts';
import { z } from 'zod';
import { weeklyIntervals } from './business-time.ts';
import { type Interval, joinIntervals, minuteMs } from './interval.ts';

/**
 * Time that does not count, such as planned maintenance or a fault of the measurement: it leaves numerator and
 * denominator alike, in every method, also of what was evaluated before the correction was made.
 */
export const Correction = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('once'),
    id: z.string(),
    reason: z.string(),
    fromMs: z.int(),
    toMs: z.int(),
  }),
  z.strictObject({
    kind: z.literal('weekly'),
    id: z.string(),
    reason: z.string(),
    timeZone: TimeZone,
    days: z.array(Weekday).min(1).max(7),
    hours: Opening,
    fromMs: z.int().describe('First instant that it holds for'),
    toMs: z.int().nullable().describe('Instant from which it no longer holds'),
  }),
]);
export type Correction = z.infer<typeof Correction>;

/** The time that corrections take out of a stretch, to the minute: a minute that is touched is out. */
export function correctedIntervals(
  corrections: readonly Correction[],
  fromMinute: number,
  toMinute: number,
): Interval[] {
  const found = corrections.flatMap((correction): Interval[] => {
    const from = Math.max(fromMinute, Math.floor(correction.fromMs / minuteMs));
    const to = Math.min(
      toMinute,
      correction.toMs === null ? toMinute : Math.ceil(correction.toMs / minuteMs),
    );
    if (to <= from) return [];
    return correction.kind === 'once' ? [{ from, to }] : weeklyIntervals(correction, from, to);
  });
  return joinIntervals(found);
}
