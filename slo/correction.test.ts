import { expect, it } from 'vitest';
import { Correction, correctedIntervals } from './correction.ts';
import { minuteMs } from './interval.ts';

const minute = (text: string): number => Date.parse(text) / minuteMs;
const once = (from: string, to: string): Correction => ({
  kind: 'once',
  id: '1',
  reason: 'Move of the data centre',
  fromMs: Date.parse(from),
  toMs: Date.parse(to),
});

it('takes out every minute that it touches, and joins what overlaps', () => {
  const corrections = [
    once('2026-06-01T10:00:30Z', '2026-06-01T10:05:01Z'),
    once('2026-06-01T10:05:30Z', '2026-06-01T10:07:00Z'),
  ];
  expect(correctedIntervals(corrections, minute('2026-06-01T00:00Z'), minute('2026-06-02T00:00Z'))).toEqual([
    { from: minute('2026-06-01T10:00Z'), to: minute('2026-06-01T10:07Z') },
  ]);
});

it('recurs in local time over a change of the clocks, between its first and last instant', () => {
  const weekly = Correction.parse({
    kind: 'weekly',
    id: '2',
    reason: 'Patch night',
    timeZone: 'Europe/Berlin',
    days: ['sat'],
    hours: { open: '23:00', close: '04:00' },
    fromMs: Date.parse('2026-10-10T00:00Z'),
    toMs: Date.parse('2026-10-26T00:00Z'),
  });
  expect(correctedIntervals([weekly], minute('2026-10-01T00:00Z'), minute('2026-12-01T00:00Z'))).toEqual([
    { from: minute('2026-10-10T21:00Z'), to: minute('2026-10-11T02:00Z') },
    { from: minute('2026-10-17T21:00Z'), to: minute('2026-10-18T02:00Z') },
    { from: minute('2026-10-24T21:00Z'), to: minute('2026-10-25T03:00Z') },
  ]);
});
