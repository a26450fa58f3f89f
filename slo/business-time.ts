import type { Calendar, Opening, Weekday } from '@plumbline/model/catalog/calendar.ts';
import { weekdays } from '@plumbline/model/catalog/calendar.ts';
import Holidays from 'date-holidays';
import { Temporal } from 'temporal-polyfill';
import { type Interval, joinIntervals, minuteMs, minuteOf } from './interval.ts';

/** A search that finds no open time within this many days gives up: the calendar is closed for good. */
const daysMax = 1100;

/** The open time of a business. All instants are milliseconds since the epoch, all dates those of its time zone. */
export interface BusinessTime {
  readonly timeZone: string;
  /** Whether any opening begins on that date. */
  isBusinessDay(date: string): boolean;
  /** Open minutes between two minutes since the epoch, in order. */
  openIntervals(fromMinute: number, toMinute: number): readonly Interval[];
  isOpen(instantMs: number): boolean;
  /** The instant at which so many open minutes have passed; null when that never happens. */
  addOpenMinutes(instantMs: number, minutes: number): number | null;
  /** The business day that something counts to: with a cut-off, what comes at or after it counts to the next one. */
  businessDate(instantMs: number, cutOff?: string): string | null;
  /** The nth business day of a month (1 is the first, -1 the last), as for month end; null when there is none. */
  businessDayOfMonth(year: number, month: number, nth: number): string | null;
  /** When the last opening of a date ends; null on a day that is not worked. */
  closeOf(date: string): number | null;
}

/** Compiles a calendar of the catalog. Answers are kept by date, so ask one object rather than making many. */
export function createBusinessTime(calendar: Calendar): BusinessTime {
  const openingsByDate = new Map<string, readonly Interval[]>();
  const holidaysByYear = new Map<number, ReadonlySet<string>>();
  const own = new Map(calendar.holidays.dates.map((day) => [day.date, day.hours]));
  const worked = new Set(calendar.holidays.except);
  const { timeZone } = calendar;

  const isHoliday = (date: Temporal.PlainDate): boolean => {
    let holidays = holidaysByYear.get(date.year);
    if (holidays === undefined) {
      holidays = publicHolidays(calendar.holidays, date.year);
      holidaysByYear.set(date.year, holidays);
    }
    return holidays.has(date.toString());
  };
  const openingsOf = (date: Temporal.PlainDate): readonly Interval[] => {
    const key = date.toString();
    const known = openingsByDate.get(key);
    if (known !== undefined) return known;
    const openings = hoursOf(calendar, date, own, worked, isHoliday).map((hours) =>
      instantsOf(hours, date, timeZone),
    );
    const joined = joinIntervals(openings);
    openingsByDate.set(key, joined);
    return joined;
  };
  const dateOf = (instantMs: number): Temporal.PlainDate =>
    Temporal.Instant.fromEpochMilliseconds(instantMs).toZonedDateTimeISO(timeZone).toPlainDate();
  const openIntervals = (fromMinute: number, toMinute: number): Interval[] => {
    const found: Interval[] = [];
    const last = dateOf(toMinute * minuteMs);
    // An opening of the evening before may reach into the first day.
    let date = dateOf(fromMinute * minuteMs).subtract({ days: 1 });
    for (; Temporal.PlainDate.compare(date, last) <= 0; date = date.add({ days: 1 })) {
      for (const { from, to } of openingsOf(date)) {
        found.push({ from: Math.max(from, fromMinute), to: Math.min(to, toMinute) });
      }
    }
    return joinIntervals(found);
  };
  const nextBusinessDay = (from: Temporal.PlainDate): Temporal.PlainDate | null => {
    for (let days = 0; days < daysMax; days += 1) {
      const date = from.add({ days });
      if (openingsOf(date).length > 0) return date;
    }
    return null;
  };

  return {
    timeZone,
    isBusinessDay: (date) => openingsOf(Temporal.PlainDate.from(date)).length > 0,
    openIntervals,
    isOpen: (instantMs) => openIntervals(minuteOf(instantMs), minuteOf(instantMs) + 1).length > 0,
    addOpenMinutes: (instantMs, minutes) => addOpenMinutes(openIntervals, instantMs, minutes),
    businessDate: (instantMs, cutOff) => {
      const at = Temporal.Instant.fromEpochMilliseconds(instantMs).toZonedDateTimeISO(timeZone);
      const limit = calendar.cutOffs.find(({ name }) => name === cutOff)?.time;
      const late = limit !== undefined && Temporal.PlainTime.compare(at.toPlainTime(), limit) >= 0;
      return nextBusinessDay(at.toPlainDate().add({ days: late ? 1 : 0 }))?.toString() ?? null;
    },
    businessDayOfMonth: (year, month, nth) => {
      const first = Temporal.PlainDate.from({ year, month, day: 1 });
      const days = Array.from({ length: first.daysInMonth }, (_, day) => first.add({ days: day }));
      const open = days.filter((date) => openingsOf(date).length > 0);
      return open.at(nth > 0 ? nth - 1 : nth)?.toString() ?? null;
    },
    closeOf: (date) => {
      const last = openingsOf(Temporal.PlainDate.from(date)).at(-1);
      return last === undefined ? null : last.to * minuteMs;
    },
  };
}

/** Local time of every weekday given, as intervals: for what recurs every week, such as a maintenance window. */
export function weeklyIntervals(
  weekly: { readonly timeZone: string; readonly days: readonly Weekday[]; readonly hours: Opening },
  fromMinute: number,
  toMinute: number,
): Interval[] {
  const zoned = (minute: number) =>
    Temporal.Instant.fromEpochMilliseconds(minute * minuteMs)
      .toZonedDateTimeISO(weekly.timeZone)
      .toPlainDate();
  const last = zoned(toMinute);
  const found: Interval[] = [];
  let date = zoned(fromMinute).subtract({ days: 1 });
  for (; Temporal.PlainDate.compare(date, last) <= 0; date = date.add({ days: 1 })) {
    if (weekly.days.includes(weekdayOf(date))) found.push(instantsOf(weekly.hours, date, weekly.timeZone));
  }
  return joinIntervals(
    found.map(({ from, to }) => ({ from: Math.max(from, fromMinute), to: Math.min(to, toMinute) })),
  );
}

function hoursOf(
  calendar: Calendar,
  date: Temporal.PlainDate,
  own: ReadonlyMap<string, Opening | undefined>,
  worked: ReadonlySet<string>,
  isHoliday: (date: Temporal.PlainDate) => boolean,
): readonly Opening[] {
  const key = date.toString();
  if (own.has(key)) {
    const hours = own.get(key);
    return hours === undefined ? [] : [hours];
  }
  if (!worked.has(key) && isHoliday(date)) return [];
  return calendar.hours.filter(({ days }) => days.includes(weekdayOf(date)));
}

function weekdayOf(date: Temporal.PlainDate): Weekday {
  return weekdays[date.dayOfWeek - 1] ?? 'mon';
}

/** An opening on a date. A local time that the clocks skip means the one after the skip (RFC 5545 does the same). */
function instantsOf({ open, close }: Opening, date: Temporal.PlainDate, timeZone: string): Interval {
  const overnight = close <= open || close === '24:00';
  const end = overnight ? date.add({ days: 1 }) : date;
  const minute = (day: Temporal.PlainDate, plainTime: string): number =>
    minuteOf(day.toZonedDateTime({ timeZone, plainTime }).epochMilliseconds);
  return { from: minute(date, open), to: minute(end, close === '24:00' ? '00:00' : close) };
}

function publicHolidays({ country, state, region }: Calendar['holidays'], year: number): ReadonlySet<string> {
  if (country === undefined) return new Set();
  const places = [
    country,
    ...(state === undefined ? [] : [state]),
    ...(region === undefined ? [] : [region]),
  ];
  const [first = country, second, third] = places;
  const options = { types: ['public' as const] };
  const known =
    second === undefined
      ? new Holidays(first, options)
      : third === undefined
        ? new Holidays(first, second, options)
        : new Holidays(first, second, third, options);
  // A holiday may begin in the year before: the first of January that falls on a Saturday is kept on Friday.
  return new Set(
    [year - 1, year, year + 1].flatMap((each) =>
      known.getHolidays(each).map(({ date }) => date.slice(0, 10)),
    ),
  );
}

function addOpenMinutes(
  openIntervals: (from: number, to: number) => readonly Interval[],
  instantMs: number,
  minutes: number,
): number | null {
  let left = minutes;
  const restMs = instantMs - minuteOf(instantMs) * minuteMs;
  const weekMinutes = 7 * 1440;
  let from = minuteOf(instantMs);
  for (let weeks = 0; weeks * 7 < daysMax; weeks += 1) {
    for (const open of openIntervals(from, from + weekMinutes)) {
      const length = open.to - open.from;
      if (left <= length)
        return (open.from + left) * minuteMs + (open.from === minuteOf(instantMs) ? restMs : 0);
      left -= length;
    }
    from += weekMinutes;
  }
  return null;
}
