import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arrivalsOfHour, shapeAt } from './calendar.ts';

const hourMs = 3_600_000;
const hours = fc.integer({ min: 480_000, max: 520_000 });

test('an hour holds its own arrivals, in order, under unique numbers', () => {
  fc.assert(
    fc.property(fc.integer(), hours, fc.double({ min: 0.01, max: 16, noNaN: true }), (seed, hour, rate) => {
      const arrivals = [...arrivalsOfHour(seed, rate, hour), ...arrivalsOfHour(seed, rate, hour + 1)];
      expect(new Set(arrivals.map((one) => one.number)).size).toBe(arrivals.length);
      for (const [index, { atMs, number }] of arrivals.entries()) {
        expect(number).toMatch(/^\d{8}$/);
        expect(atMs).toBeGreaterThanOrEqual(arrivals[index - 1]?.atMs ?? hour * hourMs);
        expect(atMs).toBeLessThan((hour + 2) * hourMs);
      }
    }),
    { numRuns: 40 },
  );
});

test('the mean over a week is the rate asked for, the noon busier than the night', () => {
  const monday = Date.UTC(2026, 9, 19) / hourMs;
  let count = 0;
  for (let hour = monday; hour < monday + 168; hour++) count += arrivalsOfHour(1, 2, hour).length;
  expect(count / (168 * 60)).toBeGreaterThan(1.85);
  expect(count / (168 * 60)).toBeLessThan(2.15);
  expect(shapeAt(Date.UTC(2026, 9, 20, 16))).toBeGreaterThan(2.5 * shapeAt(Date.UTC(2026, 9, 20, 8)));
});
