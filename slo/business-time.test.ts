import { Calendar } from '@plumbline/model/catalog/calendar.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBusinessTime } from './business-time.ts';
import { minuteMs } from './interval.ts';

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri'];
const office = (more: object = {}) =>
  createBusinessTime(
    Calendar.parse({
      timeZone: 'America/Chicago',
      hours: [{ days: weekdays, open: '08:00', close: '17:00' }],
      holidays: { country: 'US' },
      cutOffs: [{ name: 'ship', time: '15:00' }],
      ...more,
    }),
  );
const at = (text: string): number => Date.parse(text);
const minutes = (text: string): number => at(text) / minuteMs;
const openMinutes = (time: ReturnType<typeof office>, from: string, to: string): number =>
  time.openIntervals(minutes(from), minutes(to)).reduce((sum, each) => sum + each.to - each.from, 0);

describe('open time', () => {
  it('counts opening hours in local time on both sides of a change of the clocks', () => {
    // Sunday 8 March 2026 loses an hour, Sunday 1 November gains one; Friday to Monday holds one evening and one morning.
    expect(openMinutes(office(), '2026-03-06T16:00-06:00', '2026-03-09T09:00-05:00')).toBe(120);
    expect(openMinutes(office(), '2026-10-30T16:00-05:00', '2026-11-02T09:00-06:00')).toBe(120);
    expect(office().isOpen(at('2026-03-09T13:00Z'))).toBe(true);
    expect(office().isOpen(at('2026-03-06T13:30Z'))).toBe(false);
  });

  it.each([
    ['the night that loses an hour', '2026-03-07', '2026-03-08', 7],
    ['the night that gains one', '2026-10-31', '2026-11-01', 9],
    ['any other night', '2026-06-06', '2026-06-07', 8],
  ])('a night shift of eight hours is as long as it is: %s', (_what, from, to, hours) => {
    const night = office({ hours: [{ days: ['sat'], open: '22:00', close: '06:00' }] });
    expect(openMinutes(night, `${from}T18:00Z`, `${to}T18:00Z`)).toBe(hours * 60);
  });

  it('takes an opening time that the clocks skip for the one after', () => {
    const early = office({ hours: [{ days: ['sun'], open: '02:30', close: '04:00' }] });
    expect(early.openIntervals(minutes('2026-03-08T00:00Z'), minutes('2026-03-09T00:00Z'))).toEqual([
      { from: minutes('2026-03-08T08:30Z'), to: minutes('2026-03-08T09:00Z') },
    ]);
  });

  it('keeps to the zone of the calendar, also one that is off by 45 minutes', () => {
    const nepal = office({ timeZone: 'Asia/Kathmandu', holidays: {} });
    expect(nepal.isOpen(at('2026-06-01T02:15Z'))).toBe(true);
    expect(nepal.isOpen(at('2026-06-01T02:14Z'))).toBe(false);
  });

  it('ends a day at 24:00 and begins the next at 00:00 without a gap', () => {
    const always = office({
      hours: [{ days: [...weekdays, 'sat', 'sun'], open: '00:00', close: '24:00' }],
      holidays: {},
    });
    expect(always.openIntervals(minutes('2026-03-01T00:00Z'), minutes('2026-03-20T00:00Z'))).toHaveLength(1);
  });
});

describe('holidays', () => {
  it('closes on public holidays of the country, and on the day that stands for one on a weekend', () => {
    expect(office().isBusinessDay('2026-11-26')).toBe(false);
    expect(office().isBusinessDay('2026-11-25')).toBe(true);
    // 4 July 2026 is a Saturday.
    expect(office().isBusinessDay('2026-07-03')).toBe(false);
    // 1 January 2028 is a Saturday: the holiday is on the Friday of the year before.
    expect(office().isBusinessDay('2027-12-31')).toBe(false);
  });

  it('opens on an exception, closes or shortens days of its own', () => {
    const time = office({
      holidays: {
        country: 'US',
        except: ['2026-11-26'],
        dates: [
          { date: '2026-12-24', name: 'Eve', hours: { open: '08:00', close: '12:00' } },
          { date: '2026-12-30', name: 'Stock-taking' },
        ],
      },
    });
    expect(time.isBusinessDay('2026-11-26')).toBe(true);
    expect(time.closeOf('2026-12-24')).toBe(at('2026-12-24T12:00-06:00'));
    expect(time.closeOf('2026-12-30')).toBeNull();
  });
});

describe('the end of the year', () => {
  it('passes open time over it', () => {
    // Thursday 31 December 16:00, then New Year on Friday and a weekend: the second hour ends on Monday at 9.
    expect(office().addOpenMinutes(at('2026-12-31T16:00-06:00'), 120)).toBe(at('2027-01-04T09:00-06:00'));
  });

  it('counts an order after the cut-off to the first business day of the new year', () => {
    expect(office().businessDate(at('2026-12-31T14:59-06:00'), 'ship')).toBe('2026-12-31');
    expect(office().businessDate(at('2026-12-31T15:00-06:00'), 'ship')).toBe('2027-01-04');
    // In UTC it is the next year already; the business date is the local one.
    expect(office().businessDate(at('2027-01-01T00:30Z'))).toBe('2026-12-31');
  });

  it.each([
    [2026, 12, -1, '2026-12-31'],
    [2027, 1, 1, '2027-01-04'],
    [2026, 5, -1, '2026-05-29'],
    [2024, 2, -1, '2024-02-29'],
    [2026, 11, -3, '2026-11-25'],
    [2026, 11, 23, null],
  ])('business day of the month %i-%i, number %i, is %s', (year, month, nth, expected) => {
    expect(office().businessDayOfMonth(year, month, nth)).toBe(expected);
  });
});

it('says so when a business never opens again', () => {
  const holidays = { dates: [{ date: '2026-06-01', name: 'Closed' }] };
  const once = office({ hours: [{ days: ['mon'], open: '08:00', close: '09:00' }], holidays });
  expect(once.addOpenMinutes(at('2026-06-01T00:00Z'), 200 * 60)).toBeNull();
});

it('adding open minutes and counting them agree, wherever one begins', () => {
  const time = office();
  const from = minutes('2026-02-01T00:00Z');
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 60 * 24 * 300 }),
      fc.integer({ min: 1, max: 3000 }),
      (offset, open) => {
        const end = time.addOpenMinutes((from + offset) * minuteMs, open);
        const passed = time
          .openIntervals(from + offset, (end ?? 0) / minuteMs)
          .reduce((sum, each) => sum + each.to - each.from, 0);
        expect(passed).toBe(open);
      },
    ),
    { numRuns: 60 },
  );
});
