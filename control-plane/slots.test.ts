import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slotSeconds, slotStarts, wholeHours, wholeMinutes } from './slots.ts';

const hourMs = 3_600_000;
const end = new Date('2026-11-23T12:00:00Z');
const last = (ms: number) => ({ from: new Date(end.getTime() - ms), to: end });
const ranges = fc
  .tuple(fc.integer({ min: 0, max: 4_000_000_000_000 }), fc.integer({ min: 1, max: 400 * 24 * hourMs }))
  .map(([fromMs, lengthMs]) => ({ from: new Date(fromMs), to: new Date(fromMs + lengthMs) }));

describe('slotSeconds', () => {
  it.each([
    [hourMs, 60, 60],
    [6 * hourMs, 120, 180],
    [24 * hourMs, 600, 144],
    [7 * 24 * hourMs, 3600, 168],
    [30 * 24 * hourMs, 21_600, 120],
    [400 * 24 * hourMs, 259_200, 134],
  ])('cuts %i ms into slots of %i s', (ms, seconds, points) => {
    expect(slotSeconds(last(ms))).toBe(seconds);
    expect(Math.abs(slotStarts(last(ms), seconds).length - points)).toBeLessThanOrEqual(1);
  });

  it('covers any range with at most 181 slots and no gap', () => {
    fc.assert(
      fc.property(ranges, (range) => {
        const width = slotSeconds(range);
        const starts = slotStarts(range, width);
        expect(starts.length).toBeLessThanOrEqual(181);
        expect((starts[0] ?? 0) * 1000).toBeLessThanOrEqual(range.from.getTime());
        expect(((starts.at(-1) ?? 0) + width) * 1000).toBeGreaterThanOrEqual(range.to.getTime());
        expect(starts.every((start, at) => at === 0 || start - (starts[at - 1] ?? 0) === width)).toBe(true);
      }),
    );
  });
});

it('finds whole hours inside of whole minutes, so that the parts of a range neither overlap nor leave a gap', () => {
  fc.assert(
    fc.property(ranges, (asked) => {
      const range = wholeMinutes(asked);
      const hours = wholeHours(range);
      const parts = [range.from, hours.from, hours.to, range.to].map((at) => at.getTime());
      expect(parts).toEqual(parts.toSorted((a, b) => a - b));
      expect(range.from.getTime()).toBeLessThanOrEqual(asked.from.getTime());
      expect(range.to.getTime()).toBeGreaterThanOrEqual(asked.to.getTime());
      if (hours.from < hours.to)
        expect([hours.from.getTime() % hourMs, hours.to.getTime() % hourMs]).toEqual([0, 0]);
    }),
  );
});
