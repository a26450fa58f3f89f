import { expect, it } from 'vitest';
import { combine, impactStart, judgeBurn } from './burn.ts';
import { sampleObjective, tapeOf } from './sample.ts';

const alert = { severity: 'page', threshold: 10, longMinutes: 60, shortMinutes: 5, afterMinutes: 0 } as const;
const objective = sampleObjective({ alerts: [alert] });
const end = 3000;

function judge(countsOf: (minute: number) => readonly [number, number] | null) {
  return judgeBurn(objective, tapeOf(objective, 0, end, countsOf), alert, end);
}

it('tells the figures that a verdict rests on', () => {
  // 20 bad of 6,000 in the hour, 5 of 500 in the last five minutes; 300,000 in all.
  const verdict = judge((minute) => [100, minute >= end - 5 ? 1 : minute >= end - 20 ? 1 : 0]);
  expect(verdict).toMatchObject({ badEvents: 20, burns: false, holds: false, longFromMinute: end - 60 });
  expect(verdict.longBurn).toBeCloseTo(20 / 6000 / 0.001, 9);
  expect(verdict.shortBurn).toBeCloseTo(10, 9);
  expect(verdict.budgetShare).toBeCloseTo(20 / 300, 9);
});

it.each<[string, (minute: number) => readonly [number, number] | null, boolean]>([
  ['both windows burn', () => [100, 2], false],
  ['the short one is good again', (minute) => [100, minute < end - 5 ? 2 : 0], true],
  ['the short one is empty and the long one burns', (minute) => (minute < end - 5 ? [100, 2] : null), false],
  [
    'the short one is empty and the long one burns too little',
    (minute) => (minute < end - 5 ? [10_000, 50] : null),
    true,
  ],
  ['nothing happened at all', () => null, true],
])('clears or not when %s', (_what, countsOf, clears) => {
  expect(judge(countsOf).clears).toBe(clears);
});

it('fires by any pair and clears by all', () => {
  const pair = (raises: boolean, clears: boolean) => ({ raises, clears });
  expect(combine([pair(false, true), pair(true, false)])).toBe('raise');
  expect(combine([pair(false, true), pair(false, false)])).toBe('neither');
  expect(combine([pair(false, true), pair(false, true)])).toBe('clear');
});

it('dates the harm to the first bad minute of the run, over short lulls and not over long ones', () => {
  const bad = new Set([2800, 2900, 2920, 2945, 2990]);
  const tape = tapeOf(objective, 0, end, (minute) => [10, bad.has(minute) ? 1 : 0]);
  expect(impactStart(objective, tape, 2500, 2950)).toBe(2900);
  expect(impactStart(objective, tape, 2910, 2950)).toBe(2920);
  expect(impactStart(objective, tape, 2950, 2980)).toBeNull();
});
