import { nominalMinutes } from '@plumbline/model/catalog/burn-windows.ts';
import type { BudgetWindow, CalendarUnit } from '@plumbline/model/catalog/objective.ts';
import { Temporal } from 'temporal-polyfill';
import { type Interval, minuteMs, minuteOf } from './interval.ts';

type Calendar = Extract<BudgetWindow, { kind: 'calendar' }>;

const durations: Record<CalendarUnit, (count: number) => Temporal.DurationLike> = {
  day: (days) => ({ days }),
  week: (weeks) => ({ weeks }),
  month: (months) => ({ months }),
  quarter: (quarters) => ({ months: 3 * quarters }),
  year: (years) => ({ years }),
};

/** The whole budget period that a minute belongs to: the last so many minutes, or the stretch of the calendar around it. */
export function periodAt(window: BudgetWindow, minute: number): Interval {
  if (window.kind === 'rolling') return { from: minute - window.minutes, to: minute };
  const anchor = Temporal.PlainDateTime.from(window.startTime);
  let index = Math.floor(
    (minute - minuteOf(anchor.toZonedDateTime(window.timeZone).epochMilliseconds)) / nominalMinutes(window),
  );
  // Months are not 30 days long, so the guess is off by a few over the decades.
  while (startOf(window, anchor, index + 1) <= minute) index += 1;
  while (startOf(window, anchor, index) > minute) index -= 1;
  return { from: startOf(window, anchor, index), to: startOf(window, anchor, index + 1) };
}

/** Counted from the anchor each time, so that a period that begins on the 31st comes back to it after February. */
function startOf({ unit, count, timeZone }: Calendar, anchor: Temporal.PlainDateTime, index: number): number {
  const start = anchor.add(durations[unit](count * index));
  return Math.floor(start.toZonedDateTime(timeZone).epochMilliseconds / minuteMs);
}
