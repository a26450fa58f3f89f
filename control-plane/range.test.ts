import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Problem } from './problem.ts';
import { parseRange } from './range.ts';

const now = new Date('2026-11-23T12:30:00.000Z');
const read = (from: string, to = 'now') => {
  const range = parseRange({ from, to }, now);
  return [range.from.toISOString(), range.to.toISOString()];
};

test.each([
  ['now-1h', 'now', '2026-11-23T11:30:00.000Z', '2026-11-23T12:30:00.000Z'],
  ['now-7d', 'now-6d', '2026-11-16T12:30:00.000Z', '2026-11-17T12:30:00.000Z'],
  ['now-1d/d', 'now/d', '2026-11-22T00:00:00.000Z', '2026-11-23T23:59:59.999Z'],
  ['now/d', 'now', '2026-11-23T00:00:00.000Z', '2026-11-23T12:30:00.000Z'],
  ['now/w', 'now', '2026-11-23T00:00:00.000Z', '2026-11-23T12:30:00.000Z'],
  ['2026-11-01', '2026-11-02', '2026-11-01T00:00:00.000Z', '2026-11-02T00:00:00.000Z'],
  ['2026-11-01T10:00:00', '2026-11-01T11:00:00+01:00', '2026-11-01T10:00:00.000Z', undefined],
  ['1700000000000', '1700000060000', '2023-11-14T22:13:20.000Z', '2023-11-14T22:14:20.000Z'],
])('%s to %s', (from, to, start, end) => {
  if (end === undefined) expect(() => read(from, to)).toThrow('the start must lie before the end');
  else expect(read(from, to)).toEqual([start, end]);
});

test.each([
  ['yesterday', 'now'],
  ['now-1y', 'now'],
  ['now', 'now-1h'],
  ['now', 'now'],
  ['now-500d', 'now'],
  ['2026-02-31T00:00:00Z junk', 'now'],
  ['now-999999w', 'now'],
  ['now-1h', 'now+999999w'],
  ['0001-01-01T00:00:00Z', '0001-01-02T00:00:00Z'],
  ['1969-12-31', '1970-01-02'],
  ['2200-01-01', '2200-01-02'],
])('%s to %s is refused and says which parameter is wrong', (from, to) => {
  expect(() => read(from, to)).toThrow(Problem);
});

test('a range never runs backwards and is never longer than its limit, whatever is sent', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), fc.string({ maxLength: 40 }), (from, to) => {
      try {
        const range = parseRange({ from, to }, now);
        expect(range.from.getTime()).toBeLessThan(range.to.getTime());
        expect(range.from.getTime()).toBeGreaterThanOrEqual(0);
      } catch (error) {
        expect(error).toBeInstanceOf(Problem);
      }
    }),
  );
});
