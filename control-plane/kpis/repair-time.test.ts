import { expect, it } from 'vitest';
import { troubleFinding } from './fold-troubles.ts';
import { percentile, type Trouble } from './repair-time.ts';

it.each([
  [[], 0.5, null],
  [[7], 0.9, 7],
  [[1, 2, 3], 0.5, 2],
  [[4, 1, 3, 2], 0.5, 2.5],
  [[10, 20], 0.9, 19],
])('of %j the share %d lies below %s', (values, share, wanted) =>
  expect(percentile(values, share)).toBe(wanted),
);

const trouble = (impactAtMs: number, detectedAtMs: number, restoredAtMs: number | null): Trouble => ({
  id: `${impactAtMs}`,
  title: 'x',
  severity: 'page',
  flows: ['a'],
  systems: [],
  impactAtMs,
  detectedAtMs,
  acknowledgedAtMs: null,
  restoredAtMs,
});

it('counts the time of what was restored, and what is open apart', () => {
  const found = troubleFinding([trouble(0, 60, 100), trouble(0, 20, 300), trouble(0, 40, null)]);
  expect([found.value, found.n, found.numerator, found.denominator]).toEqual([200, 2, '400', '2']);
  const value = (name: string) => found.figures.find((figure) => figure.name === name)?.value;
  expect([value('detect-median'), value('detect-p90'), value('restore-p90'), value('open')]).toEqual([
    40, 56, 280, 1,
  ]);
  expect(value('acknowledge-median')).toBeNull();
});

it('says nothing where only open ones are', () => {
  expect(troubleFinding([trouble(0, 1, null)]).value).toBeNull();
});
