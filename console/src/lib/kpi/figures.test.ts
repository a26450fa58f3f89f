import { expect, it } from 'vitest';
import { changeOf, periodText, quantity, sparkPoints, targetText, trendText, valueText } from './figures.ts';

it.each([
  [0.9912, 'ratio', '99.12%'],
  [null, 'ratio', '–'],
  [0.9, 'score', '0.900'],
  [5_400_000, 'duration', '1 h 30 min'],
] as const)('%s as %s is %s', (value, unit, text) => expect(valueText(value, unit)).toBe(text));

it.each([
  ['1234567.500000', '1,234,567.5'],
  ['-12.000000', '−12'],
  ['0.000000', '0'],
])('a quantity of %s is %s', (text, shown) => expect(quantity(text)).toBe(shown));

it.each([
  [0.99, 0.98, true, '1.00 points more, better'],
  [0.01, 0.02, false, '1.00 points less, better'],
  [0.02, 0.01, false, '1.00 points more, worse'],
  [0.99, 0.99, true, 'unchanged'],
])('from %s after %s (more is better: %s): %s', (value, before, higherIsBetter, text) => {
  const tile = {
    value,
    previous: { value: before, n: 1, date: '2026-11-01' },
    unit: 'ratio' as const,
    higherIsBetter,
  };
  expect(changeOf(tile)?.text).toBe(text);
});

it('says nothing of a change where one of the two has no data', () => {
  const previous = { value: null, n: 0, date: '2026-11-01' };
  expect(changeOf({ value: 0.5, previous, unit: 'ratio', higherIsBetter: true })).toBeNull();
});

it.each([
  ['month', '2026-11-01', 'November 2026'],
  ['week', '2026-11-23', 'Week of 23 Nov 2026'],
  ['day', '2026-11-24', 'Tuesday 24 November 2026'],
] as const)('names the %s of %s', (period, date, text) =>
  expect(periodText(period, date).replace(',', '')).toBe(text),
);

it('leaves a gap in the line where a point has no data, and keeps the target in sight', () => {
  const { points, targetY } = sparkPoints([1, null, 0.5], 0.75, 104, 26);
  expect(points).toEqual([{ x: 2, y: 3 }, null, { x: 102, y: 23 }]);
  expect(targetY).toBe(13);
});

it('says target and trend in words', () => {
  expect(targetText({ target: 14_400_000, unit: 'duration', higherIsBetter: false })).toBe('at most 4 h');
  const series = [
    { at: '', value: 0.5, n: 1 },
    { at: '', value: null, n: 0 },
  ];
  expect(trendText({ series, unit: 'ratio' })).toBe(
    '1 of 2 points have data; lowest 50.0%, highest 50.0%, last 50.0%.',
  );
});
