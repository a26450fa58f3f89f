import { complain, below, type Findings, type Place } from './objective-place.ts';
import type { BudgetWindow, Budgeting, CalendarUnit } from './objective.ts';
import type { DocumentOf, Target, TimeWindow } from './openslo.ts';

const dayMinutes = 1440;
const windowMinutesMax = 366 * dayMinutes;
const unitMinutes: Record<string, number> = { m: 1, h: 60, d: dayMinutes, w: 7 * dayMinutes };
const calendarUnits: Record<string, CalendarUnit> = {
  d: 'day',
  w: 'week',
  M: 'month',
  Q: 'quarter',
  Y: 'year',
};
const calendarCountMax: Record<CalendarUnit, number> = { day: 366, week: 52, month: 12, quarter: 4, year: 1 };

type Slo = DocumentOf<'SLO'>['spec'];

/** Minutes of a duration shorthand; undefined for months, quarters and years, whose length differs. */
export function shorthandMinutes(duration: string): number | undefined {
  const unit = unitMinutes[duration.slice(-1)];
  return unit === undefined ? undefined : Number(duration.slice(0, -1)) * unit;
}

/** The budget window of an SLO; 30 days, rolling, when it names none. Undefined after a complaint. */
export function windowOf(slo: Slo, place: Place, findings: Findings): BudgetWindow | undefined {
  const window = slo.timeWindow?.[0];
  if (window === undefined) return { kind: 'rolling', minutes: 30 * dayMinutes };
  const at = below(place, 'timeWindow', 0);
  if (window.isRolling === true && window.calendar !== undefined) {
    complain(
      findings,
      below(at, 'calendar'),
      'a rolling window has no calendar; remove it or set isRolling: false',
    );
    return undefined;
  }
  return window.isRolling === true ? rolling(window, at, findings) : aligned(window, at, findings);
}

function rolling({ duration }: TimeWindow, at: Place, findings: Findings): BudgetWindow | undefined {
  const minutes = shorthandMinutes(duration);
  if (minutes !== undefined && minutes >= dayMinutes && minutes <= windowMinutesMax) {
    return { kind: 'rolling', minutes };
  }
  const why =
    minutes === undefined
      ? `"${duration}" has no fixed length; write days or weeks such as 30d, or use a calendar window`
      : `a rolling window lasts from 1d to 366d, not ${duration}`;
  complain(findings, below(at, 'duration'), why);
  return undefined;
}

function aligned(window: TimeWindow, at: Place, findings: Findings): BudgetWindow | undefined {
  if (window.calendar === undefined) {
    complain(findings, at, 'write isRolling: true, or a calendar with startTime and timeZone');
    return undefined;
  }
  const unit = calendarUnits[window.duration.slice(-1)];
  const count = Number(window.duration.slice(0, -1));
  if (unit === undefined || count > calendarCountMax[unit]) {
    const why = `a calendar window lasts whole days, weeks, months or quarters, at most a year, not ${window.duration}`;
    complain(findings, below(at, 'duration'), why);
    return undefined;
  }
  const startTime = window.calendar.startTime.replace(' ', 'T');
  if (Number.isNaN(Date.parse(`${startTime}Z`))) {
    complain(
      findings,
      below(at, 'calendar', 'startTime'),
      'there is no such date and time; write one that exists',
    );
    return undefined;
  }
  return { kind: 'calendar', count, unit, startTime, timeZone: window.calendar.timeZone };
}

/** How one target of an SLO is budgeted. Undefined after a complaint. */
export function budgetingOf(
  method: Slo['budgetingMethod'],
  target: Target,
  at: Place,
  findings: Findings,
): Budgeting | undefined {
  if (method === 'Occurrences') return occurrences(target, at, findings);
  const sliceMinutes = sliceMinutesOf(target, method, at, findings);
  if (method === 'RatioTimeslices') {
    if (target.timeSliceTarget !== undefined) {
      const why =
        'RatioTimeslices takes the share of each slice as it is; remove timeSliceTarget or use Timeslices';
      complain(findings, below(at, 'timeSliceTarget'), why);
    }
    return sliceMinutes === undefined ? undefined : { method: 'ratio-timeslices', sliceMinutes };
  }
  const sliceTarget = target.timeSliceTarget;
  if (sliceTarget === undefined) {
    complain(
      findings,
      at,
      'Timeslices needs timeSliceTarget: the share of good that makes a slice good, such as 0.95',
    );
    return undefined;
  }
  return sliceMinutes === undefined ? undefined : { method: 'timeslices', sliceMinutes, sliceTarget };
}

function occurrences(target: Target, at: Place, findings: Findings): Budgeting | undefined {
  const extra = (['timeSliceTarget', 'timeSliceWindow'] as const).filter((key) => target[key] !== undefined);
  for (const key of extra) {
    complain(
      findings,
      below(at, key),
      `Occurrences has no slices; remove ${key} or use budgetingMethod: Timeslices`,
    );
  }
  return extra.length > 0 ? undefined : { method: 'occurrences' };
}

function sliceMinutesOf(
  { timeSliceWindow }: Target,
  method: string,
  at: Place,
  findings: Findings,
): number | undefined {
  if (timeSliceWindow === undefined) {
    complain(findings, at, `${method} needs timeSliceWindow: the length of a slice, such as 5m`);
    return undefined;
  }
  const minutes = typeof timeSliceWindow === 'number' ? timeSliceWindow : shorthandMinutes(timeSliceWindow);
  if (minutes !== undefined && dayMinutes % minutes === 0) return minutes;
  const why = `slices of ${timeSliceWindow} do not divide a day evenly; write one such as 1m, 5m, 15m or 1h`;
  complain(findings, below(at, 'timeSliceWindow'), why);
  return undefined;
}
