import type { DueSchedule } from '@plumbline/model/catalog/probe.ts';
import { durationMs } from '@plumbline/model/catalog/schema.ts';
import { Cron } from 'croner';

/** The last time at which something had to be there, and since when it may have come. All in milliseconds. */
export interface Due {
  readonly dueMs: number;
  /** With the grace added: it is judged from here on. */
  readonly deadlineMs: number;
  readonly earliestMs: number;
}

/**
 * The last due time whose grace is over; undefined when there was none. What came before `earliestMs` belongs to the
 * due time before: a late file of yesterday is not the file of today.
 */
export function lastDue(schedule: DueSchedule, nowMs: number): Due | undefined {
  const cron = new Cron(schedule.cron, { timezone: schedule.timeZone, mode: '5-part', paused: true });
  const graceMs = durationMs(schedule.grace);
  // Cron knows whole seconds, and only what lies before its reference: what is due right now counts too.
  const reference = (Math.floor((nowMs - graceMs) / 1000) + 1) * 1000;
  const [last, before] = cron.previousRuns(2, new Date(reference));
  if (last === undefined) return undefined;
  const dueMs = last.getTime();
  const periodMs = dueMs - (before?.getTime() ?? dueMs - 86_400_000);
  const leadMs = schedule.lead === undefined ? periodMs / 2 : durationMs(schedule.lead);
  return { dueMs, deadlineMs: dueMs + graceMs, earliestMs: dueMs - leadMs };
}

/** Puts the date of an instant in a time zone into `{yyyy}`, `{MM}` and `{dd}`. */
export function fillDate(pattern: string, atMs: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(atMs);
  const part = (type: string): string => parts.find((each) => each.type === type)?.value ?? '';
  return pattern
    .replaceAll('{yyyy}', part('year'))
    .replaceAll('{MM}', part('month'))
    .replaceAll('{dd}', part('day'));
}
