import { expect, test } from 'vitest';
import { budgetPercent, budgetTone, filledShare, stateRank } from './states.ts';

test('an overspent budget is bad, a small rest a warning, and nothing counted is neither', () => {
  expect([-0.2, 0, 0.1, 0.8, null].map(budgetTone)).toEqual(['bad', 'bad', 'warn', 'good', undefined]);
});

test('a budget is written with its sign', () => {
  expect([-97.04, -0.025, 0, 0.5, 1, null].map(budgetPercent)).toEqual([
    '−9,704%',
    '−2.5%',
    '0%',
    '50.0%',
    '100%',
    '–',
  ]);
});

test('the bar is never fuller than full nor emptier than empty', () => {
  expect([-3, 0, 0.4, 1, null].map(filledShare)).toEqual([0, 0, 0.4, 1, 0]);
});

test('what pages comes first', () => {
  const states = ['ok', 'stale', 'paging', 'unknown', 'warning'] as const;
  expect(states.toSorted((one, other) => stateRank(one) - stateRank(other))).toEqual([
    'paging',
    'warning',
    'stale',
    'unknown',
    'ok',
  ]);
});
