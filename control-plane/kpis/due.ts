import type { Calendar } from '@plumbline/model/catalog/calendar.ts';
import { createBusinessTime } from '@plumbline/slo/business-time.ts';
import type { Window } from './definition.ts';

const dayMs = 86_400_000;
const minuteMs = 60_000;
/** Closed days in a row that still leave a deadline inside of what is looked at. */
const closedDaysMax = 14;

/** How far before a period something can have begun that falls due in it. */
export function lookBackMs(withinMs: number, calendar: Calendar | undefined): number {
  return calendar ? 4 * withinMs + closedDaysMax * dayMs : withinMs;
}

/**
 * SQL of the instant at which a span has elapsed since another instant: on all hours, or on the open ones of a calendar.
 * Open time is a line of steps, so its openings go along as arrays and the deadline is read off them.
 */
export function dueAtSql(
  startedAt: string,
  withinMs: number,
  calendar: Calendar | undefined,
  window: Window,
): string {
  if (!calendar) return `${startedAt} + toIntervalMillisecond(${withinMs})`;
  const fromMs = window.previousFromMs - lookBackMs(withinMs, calendar);
  const untilMs = window.toMs + lookBackMs(withinMs, calendar);
  const openings = createBusinessTime(calendar).openIntervals(
    Math.floor(fromMs / minuteMs),
    Math.ceil(untilMs / minuteMs),
  );
  if (openings.length === 0) return `CAST(NULL, 'Nullable(DateTime64(6))')`;
  const opens = openings.map(({ from }) => from * minuteMs);
  const lengths = openings.map(({ from, to }) => (to - from) * minuteMs);
  let sum = 0;
  const before = lengths.map((length) => (sum += length) - length);
  const array = (values: readonly number[]) => `[${values.join(',')}]`;
  const [opensSql, lengthsSql, beforeSql] = [array(opens), array(lengths), array(before)];
  const started = `toUnixTimestamp64Milli(toDateTime64(assumeNotNull(${startedAt}), 3))`;
  const last = `arrayLastIndex(x -> x <= ${started}, ${opensSql})`;
  const elapsed = `if(${last} = 0, 0, arrayElement(${beforeSql}, ${last}) + least(${started} - arrayElement(${opensSql}, ${last}), arrayElement(${lengthsSql}, ${last})))`;
  const goal = `(${elapsed} + ${withinMs})`;
  const opening = `arrayLastIndex(x -> x < ${goal}, ${beforeSql})`;
  return `fromUnixTimestamp64Milli(toInt64(arrayElement(${opensSql}, ${opening}) + ${goal} - arrayElement(${beforeSql}, ${opening})))`;
}
