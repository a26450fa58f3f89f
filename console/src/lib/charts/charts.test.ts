import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seriesSummary, tickForm, timeTicks, zoneOffsetMs } from './axis.ts';
import { sparkBars } from './spark.ts';

const hourMs = 3_600_000;
const noon = Date.parse('2026-03-01T12:00:00Z');

test('ticks of an hour stand on round minutes', () => {
  const ticks = timeTicks(noon - hourMs + 1000, noon, 6, 0).map((at) =>
    new Date(at).toISOString().slice(11, 16),
  );
  expect(ticks).toEqual(['11:10', '11:20', '11:30', '11:40', '11:50', '12:00']);
});

test('days are marked at midnight of the zone, also of half-hour zones', () => {
  const offset = zoneOffsetMs('Asia/Kolkata', noon);
  expect(offset).toBe(5.5 * hourMs);
  for (const at of timeTicks(noon - 96 * hourMs, noon, 5, offset)) {
    expect(new Date(at + offset).toISOString().slice(11, 19)).toBe('00:00:00');
  }
});

test('offset follows summer time', () => {
  expect(zoneOffsetMs('America/Chicago', Date.parse('2026-01-15T12:00:00Z'))).toBe(-6 * hourMs);
  expect(zoneOffsetMs('America/Chicago', Date.parse('2026-07-15T12:00:00Z'))).toBe(-5 * hourMs);
});

test('ticks are bounded and inside, whatever the range', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1000, max: 400 * 24 * hourMs }),
      fc.integer({ min: 2, max: 12 }),
      (width, most) => {
        const ticks = timeTicks(noon - width, noon, most, 0);
        expect(ticks.length).toBeLessThanOrEqual(most + 1);
        for (const at of ticks) expect(at >= noon - width && at <= noon).toBe(true);
      },
    ),
  );
});

test('form of ticks', () => {
  expect(tickForm(0, 60_000)).toBe('second');
  expect(tickForm(0, 24 * hourMs)).toBe('minute');
  expect(tickForm(0, 48 * hourMs)).toBe('day');
});

test('a single failure among many is still to be seen', () => {
  const [first, second] = sparkBars(
    [
      { processed: 100_000, failed: 1 },
      { processed: 0, failed: 0 },
    ],
    100,
    20,
  );
  expect(first?.bad).toBe(1);
  expect(second).toMatchObject({ good: 0, bad: 0 });
});

test('a summary tells no data from nought', () => {
  const format = (value: number) => `${value} ms`;
  expect(seriesSummary('p95', [null, null], format)).toBe('p95: no data.');
  expect(seriesSummary('p95', [3, null, 1], format)).toBe('p95: latest 1 ms, lowest 1 ms, highest 3 ms.');
});
