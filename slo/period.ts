import type { Period } from '@plumbline/model/catalog/kpi.ts';
import { Temporal } from 'temporal-polyfill';

/** A whole day, week or month of a time zone. Instants are milliseconds since the epoch; the end is not part of it. */
export interface PeriodSpan {
  readonly period: Period;
  readonly timeZone: string;
  /** Its first date, as 2026-11-01. */
  readonly date: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** When the period before began; it ends where this one begins. */
  readonly previousFromMs: number;
  readonly previousDate: string;
  readonly nextDate: string;
  /** Starts of its hours, for a day, or of its dates, for a week or a month. */
  readonly slotsMs: readonly number[];
}

const hourMs = 3_600_000;

/** The date of an instant in a time zone, as 2026-11-24. */
export function dateAt(instantMs: number, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(instantMs)
    .toZonedDateTimeISO(timeZone)
    .toPlainDate()
    .toString();
}

/** The period that a date lies in. Weeks begin on Monday (ISO 8601). @param date as 2026-11-24 */
export function periodOf(period: Period, date: string, timeZone: string): PeriodSpan {
  const first = firstOf(period, Temporal.PlainDate.from(date));
  const step = { day: { days: 1 }, week: { weeks: 1 }, month: { months: 1 } }[period];
  const next = first.add(step);
  const before = first.subtract(step);
  const startMs = (day: Temporal.PlainDate) => day.toZonedDateTime(timeZone).epochMilliseconds;
  const [fromMs, toMs] = [startMs(first), startMs(next)];
  return {
    period,
    timeZone,
    date: first.toString(),
    fromMs,
    toMs,
    previousFromMs: startMs(before),
    previousDate: before.toString(),
    nextDate: next.toString(),
    slotsMs: period === 'day' ? hoursOf(fromMs, toMs) : datesOf(first, next).map(startMs),
  };
}

/** When a period's report is due: at a time of day of the first date after it. */
export function dueAfter(span: PeriodSpan, at: string): number {
  return Temporal.PlainDate.from(span.nextDate).toZonedDateTime({
    timeZone: span.timeZone,
    plainTime: at,
  }).epochMilliseconds;
}

function firstOf(period: Period, date: Temporal.PlainDate): Temporal.PlainDate {
  if (period === 'day') return date;
  return period === 'week' ? date.subtract({ days: date.dayOfWeek - 1 }) : date.with({ day: 1 });
}

/** A day of a change of clocks has 23 or 25 of them. */
function hoursOf(fromMs: number, toMs: number): number[] {
  return Array.from({ length: Math.ceil((toMs - fromMs) / hourMs) }, (_, index) => fromMs + index * hourMs);
}

function datesOf(first: Temporal.PlainDate, next: Temporal.PlainDate): Temporal.PlainDate[] {
  return Array.from({ length: first.until(next).days }, (_, days) => first.add({ days }));
}
