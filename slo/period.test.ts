import { expect, it } from 'vitest';
import { dateAt, dueAfter, periodOf } from './period.ts';

const iso = (ms: number) => new Date(ms).toISOString();
const chicago = 'America/Chicago';

it.each([
  ['day', '2026-11-24', '2026-11-24T06:00:00.000Z', '2026-11-25T06:00:00.000Z', 24],
  // The clocks go back on 1 November 2026: that day has 25 hours.
  ['day', '2026-11-01', '2026-11-01T05:00:00.000Z', '2026-11-02T06:00:00.000Z', 25],
  ['day', '2026-03-08', '2026-03-08T06:00:00.000Z', '2026-03-09T05:00:00.000Z', 23],
  ['week', '2026-11-24', '2026-11-23T06:00:00.000Z', '2026-11-30T06:00:00.000Z', 7],
  ['week', '2026-11-01', '2026-10-26T05:00:00.000Z', '2026-11-02T06:00:00.000Z', 7],
  ['month', '2026-11-24', '2026-11-01T05:00:00.000Z', '2026-12-01T06:00:00.000Z', 30],
  ['month', '2026-02-28', '2026-02-01T06:00:00.000Z', '2026-03-01T06:00:00.000Z', 28],
] as const)('the %s of %s is %s to %s, in %i slots', (period, date, from, to, slots) => {
  const span = periodOf(period, date, chicago);
  expect([iso(span.fromMs), iso(span.toMs), span.slotsMs.length]).toEqual([from, to, slots]);
  expect(span.slotsMs[0]).toBe(span.fromMs);
  expect(span.slotsMs.at(-1)).toBeLessThan(span.toMs);
});

it('follows on the period before without gap or overlap, over a year and its changes of clocks', () => {
  for (const period of ['day', 'week', 'month'] as const) {
    let span = periodOf(period, '2026-01-01', chicago);
    while (span.date < '2027-01-10') {
      const next = periodOf(period, span.nextDate, chicago);
      expect([next.fromMs, next.previousFromMs, next.previousDate]).toEqual([
        span.toMs,
        span.fromMs,
        span.date,
      ]);
      span = next;
    }
  }
});

it('names the date of a zone, and when a report on it is due', () => {
  expect(dateAt(Date.UTC(2026, 10, 24, 3), chicago)).toBe('2026-11-23');
  expect(iso(dueAfter(periodOf('month', '2026-11-24', chicago), '07:00'))).toBe('2026-12-01T13:00:00.000Z');
});
