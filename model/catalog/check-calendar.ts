import Holidays from 'date-holidays';
import { type Calendar, minuteOfDay, type Opening, weekdays } from './calendar.ts';
import type { LocatedDocument } from './documents.ts';
import { below, complain, type Findings, type Place } from './objective-place.ts';

const dayMinutes = 1440;

/** Checks what a schema cannot: that openings do not overlap, places of holidays exist, and cut-offs fall in open time. */
export function checkCalendar(
  { document, source }: Extract<LocatedDocument, { kind: 'Calendar' }>,
  findings: Findings,
): void {
  const place: Place = { source, path: ['spec'] };
  checkHours(document.spec, place, findings);
  checkPlaceOfHolidays(document.spec.holidays, below(place, 'holidays'), findings);
  checkDates(document.spec.holidays, below(place, 'holidays'), findings);
  checkCutOffs(document.spec, place, findings);
}

/** Minutes since midnight; an opening that ends on the next day ends after 1440. */
export function minutesOf({ open, close }: Opening): { from: number; to: number } {
  const from = minuteOfDay(open);
  const to = minuteOfDay(close);
  return { from, to: to > from ? to : to + dayMinutes };
}

function checkHours({ hours }: Calendar, place: Place, findings: Findings): void {
  const taken: { from: number; to: number }[] = [];
  for (const [index, opening] of hours.entries()) {
    const { from, to } = minutesOf(opening);
    for (const day of new Set(opening.days)) {
      const start = weekdays.indexOf(day) * dayMinutes;
      const span = { from: start + from, to: start + to };
      const week = 7 * dayMinutes;
      // Sunday night runs into Monday.
      const clash = taken.some((other) =>
        [-week, 0, week].some((shift) => span.from < other.to + shift && other.from + shift < span.to),
      );
      if (clash) {
        complain(
          findings,
          below(place, 'hours', index),
          `overlaps other hours of ${day}; join or shorten them`,
        );
      }
      taken.push(span);
    }
  }
}

function checkPlaceOfHolidays(
  { country, state, region }: Calendar['holidays'],
  place: Place,
  findings: Findings,
): void {
  const known = new Holidays();
  if (country === undefined) {
    if (state === undefined && region === undefined) return;
    complain(findings, place, 'state and region belong to a country; write country too');
    return;
  }
  if (known.getCountries()[country] === undefined) {
    complain(
      findings,
      below(place, 'country'),
      `no holidays are known of "${country}"; list them under dates`,
    );
    return;
  }
  const states = known.getStates(country) as Record<string, string> | undefined;
  if (state !== undefined && states?.[state] === undefined) {
    const some = Object.keys(states ?? {})
      .slice(0, 8)
      .join(', ');
    complain(
      findings,
      below(place, 'state'),
      `no state "${state}" is known of ${country}${some ? `; known: ${some} …` : ''}`,
    );
    return;
  }
  if (region === undefined) return;
  const regions =
    state === undefined
      ? undefined
      : (known.getRegions(country, state) as Record<string, string> | undefined);
  if (regions?.[region] === undefined) {
    complain(
      findings,
      below(place, 'region'),
      `no region "${region}" is known there; remove it or list its holidays under dates`,
    );
  }
}

function checkDates({ dates }: Calendar['holidays'], place: Place, findings: Findings): void {
  const seen = new Set<string>();
  for (const [index, { date }] of dates.entries()) {
    if (seen.has(date))
      complain(findings, below(place, 'dates', index), `${date} stands here twice; remove one`);
    seen.add(date);
  }
}

function checkCutOffs({ cutOffs, hours }: Calendar, place: Place, findings: Findings): void {
  const names = new Set<string>();
  for (const [index, { name, time }] of cutOffs.entries()) {
    const at = below(place, 'cutOffs', index);
    if (names.has(name)) complain(findings, below(at, 'name'), `cut-off "${name}" stands twice; rename one`);
    names.add(name);
    const minute = minuteOfDay(time);
    const open = hours.some((opening) => {
      const { from, to } = minutesOf(opening);
      return minute > from && minute <= to;
    });
    if (!open)
      complain(
        findings,
        below(at, 'time'),
        `the business is never open before ${time}; write a time within its hours`,
      );
  }
}
