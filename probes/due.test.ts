import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fillDate, lastDue } from './due.ts';

const chicago = { cron: '0 6 * * mon-fri', timeZone: 'America/Chicago', grace: '30m' };
const dueAt = (now: string): string | undefined => {
  const due = lastDue(chicago, Date.parse(now));
  return due && new Date(due.dueMs).toISOString();
};

test.each([
  // 6:00 in Chicago is 12:00 UTC in winter and 11:00 in summer.
  ['2026-11-23T12:29:59Z', '2026-11-20T12:00:00.000Z'],
  ['2026-11-23T12:30:00Z', '2026-11-23T12:00:00.000Z'],
  ['2026-07-06T11:30:00Z', '2026-07-06T11:00:00.000Z'],
  // The Monday after clocks went back on Sunday 1 November.
  ['2026-11-02T12:30:00Z', '2026-11-02T12:00:00.000Z'],
  ['2026-11-02T11:59:00Z', '2026-10-30T11:00:00.000Z'],
  // Nothing is due at a weekend.
  ['2026-11-22T18:00:00Z', '2026-11-20T12:00:00.000Z'],
])('at %s the file of %s is due', (now, due) => {
  expect(dueAt(now)).toBe(due);
});

test('a file may come half a period early, or as early as it says', () => {
  const daily = { cron: '0 6 * * *', timeZone: 'UTC', grace: '30m' };
  const now = Date.parse('2026-11-23T07:00:00Z');
  expect(lastDue(daily, now)).toEqual({
    dueMs: Date.parse('2026-11-23T06:00:00Z'),
    deadlineMs: Date.parse('2026-11-23T06:30:00Z'),
    earliestMs: Date.parse('2026-11-22T18:00:00Z'),
  });
  expect(lastDue({ ...daily, lead: '1h' }, now)?.earliestMs).toBe(Date.parse('2026-11-23T05:00:00Z'));
});

test('what is due lies behind, and its windows never overlap', () => {
  const schedule = { cron: '*/15 * * * *', timeZone: 'Europe/Berlin', grace: '5m' };
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2027, 0) }), (nowMs) => {
      const due = lastDue(schedule, nowMs);
      if (due === undefined) throw new Error('Nothing is due.');
      expect(due.deadlineMs).toBeLessThanOrEqual(nowMs);
      expect(due.deadlineMs).toBeGreaterThan(nowMs - 15 * 60_000);
      const earlier = lastDue(schedule, due.deadlineMs - 1);
      expect(earlier?.dueMs).toBeLessThan(due.earliestMs);
    }),
    { numRuns: 100 },
  );
});

test('dates are those of the time zone', () => {
  const at = Date.parse('2026-12-31T23:30:00Z');
  expect(fillDate('a-{yyyy}{MM}{dd}.csv', at, 'UTC')).toBe('a-20261231.csv');
  expect(fillDate('a-{yyyy}{MM}{dd}.csv', at, 'Europe/Berlin')).toBe('a-20270101.csv');
});
