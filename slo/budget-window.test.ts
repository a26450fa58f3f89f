import type { BudgetWindow } from '@plumbline/model/catalog/objective.ts';
import { expect, it } from 'vitest';
import { periodAt } from './budget-window.ts';
import { minuteMs } from './interval.ts';

const minute = (text: string): number => Date.parse(text) / minuteMs;
const calendar = (
  count: number,
  unit: 'week' | 'month' | 'quarter' | 'year',
  startTime: string,
): BudgetWindow => ({
  kind: 'calendar',
  count,
  unit,
  startTime,
  timeZone: 'America/Chicago',
});

it('a rolling window is the last so many minutes', () => {
  expect(periodAt({ kind: 'rolling', minutes: 43_200 }, 100_000)).toEqual({ from: 56_800, to: 100_000 });
});

it.each<[string, BudgetWindow, string, string, string]>([
  [
    'a month',
    calendar(1, 'month', '2026-01-01T00:00:00'),
    '2026-11-15T12:00Z',
    '2026-11-01T00:00-05:00',
    '2026-12-01T00:00-06:00',
  ],
  [
    'its first minute',
    calendar(1, 'month', '2026-01-01T00:00:00'),
    '2026-12-01T06:00Z',
    '2026-12-01T06:00Z',
    '2027-01-01T06:00Z',
  ],
  [
    'the minute before it',
    calendar(1, 'month', '2026-01-01T00:00:00'),
    '2026-12-01T05:59Z',
    '2026-11-01T05:00Z',
    '2026-12-01T06:00Z',
  ],
  [
    'a month before the anchor',
    calendar(1, 'month', '2026-01-01T00:00:00'),
    '2024-02-29T12:00Z',
    '2024-02-01T06:00Z',
    '2024-03-01T06:00Z',
  ],
  [
    'months from the 31st',
    calendar(1, 'month', '2026-01-31T00:00:00'),
    '2026-03-15T00:00Z',
    '2026-02-28T06:00Z',
    '2026-03-31T05:00Z',
  ],
  [
    'a quarter',
    calendar(1, 'quarter', '2026-01-01T00:00:00'),
    '2026-12-31T23:00Z',
    '2026-10-01T05:00Z',
    '2027-01-01T06:00Z',
  ],
  [
    'a year',
    calendar(1, 'year', '2026-07-01T00:00:00'),
    '2030-01-01T00:00Z',
    '2029-07-01T05:00Z',
    '2030-07-01T05:00Z',
  ],
  [
    'a week that gains an hour',
    calendar(1, 'week', '2026-01-05T00:00:00'),
    '2026-11-01T12:00Z',
    '2026-10-26T05:00Z',
    '2026-11-02T06:00Z',
  ],
])('%s of the calendar', (_what, window, at, from, to) => {
  expect(periodAt(window, minute(at))).toEqual({ from: minute(from), to: minute(to) });
});
