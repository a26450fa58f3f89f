import { describe, expect, it } from 'vitest';
import {
  budgetAt,
  budgetHistory,
  burnRate,
  remainingBudget,
  spentShare,
  timeToExhaustion,
} from './budget.ts';
import { sampleObjective, tapeOf } from './sample.ts';

const month = 43_200;

describe('figures of the SRE workbook, chapter 5, for 99.9 % over 30 days', () => {
  // Table 5-3: burn rate, error rate, time to exhaustion.
  it.each([
    [1, 0.001, 30 * 1440],
    [2, 0.002, 15 * 1440],
    [10, 0.01, 3 * 1440],
    [1000, 1, 43.2],
  ])('burn rate %d is an error rate of %d and ends the budget in %d minutes', (burn, errorRate, minutes) => {
    const total = 1_000_000;
    const sums = { good: total - errorRate * total, total };
    expect(burnRate(sums, 0.999)).toBeCloseTo(burn, 12);
    expect(timeToExhaustion(1, month, burn)).toBeCloseTo(minutes, 9);
  });

  // Table 5-8: share of the budget that a window spends at its burn rate.
  it.each([
    [60, 14.4, 0.02],
    [360, 6, 0.05],
    [1440, 3, 0.1],
    [4320, 1, 0.1],
  ])('%d minutes at a burn of %d spend %d of the budget', (minutes, burn, share) => {
    const objective = sampleObjective();
    const tape = tapeOf(objective, 0, month, (minute) => [10_000, minute >= month - minutes ? burn * 10 : 0]);
    expect(spentShare(objective, tape, tape.sums(month - minutes, month), month)).toBeCloseTo(share, 12);
  });
});

describe('the budget', () => {
  it('is signed, and null when nothing was counted', () => {
    expect(remainingBudget({ good: 999, total: 1000 }, 0.999)).toBeCloseTo(0, 9);
    expect(remainingBudget({ good: 997, total: 1000 }, 0.999)).toBeCloseTo(-2, 9);
    expect(remainingBudget({ good: 0, total: 0 }, 0.999)).toBeNull();
    expect(burnRate({ good: 0, total: 0 }, 0.999)).toBeNull();
  });

  it('is gone in no time when it is gone, and in no known time when nothing burns', () => {
    expect(timeToExhaustion(-0.1, month, 5)).toBe(0);
    expect(timeToExhaustion(0.5, month, 0)).toBeNull();
    expect(timeToExhaustion(0.5, month, null)).toBeNull();
    expect(timeToExhaustion(null, month, 5)).toBeNull();
    expect(timeToExhaustion(0.5, month, 2)).toBe(10_800);
  });

  it('of a rolling window comes back when what was bad leaves it', () => {
    const objective = sampleObjective({ window: { kind: 'rolling', minutes: 1440 } });
    const tape = tapeOf(objective, 0, 4 * 1440, (minute) => [1000, minute === 2000 ? 720 : 0]);
    const history = budgetHistory(objective, tape, 1980, 3480, 60);
    expect(history.map(({ minute }) => minute).slice(0, 2)).toEqual([1980, 2040]);
    expect(history[0]?.remaining).toBe(1);
    expect(history[1]?.remaining).toBeCloseTo(0.5, 9);
    expect(budgetAt(objective, tape, 3440).remaining).toBeCloseTo(0.5, 9);
    expect(budgetAt(objective, tape, 3441).remaining).toBe(1);
  });

  it('of a month begins anew with it', () => {
    const objective = sampleObjective({
      window: {
        kind: 'calendar',
        count: 1,
        unit: 'month',
        startTime: '1970-01-01T00:00:00',
        timeZone: 'UTC',
      },
    });
    const february = 31 * 1440;
    const tape = tapeOf(objective, 0, 40 * 1440, (minute) => [1, minute < february ? 1 : 0]);
    expect(budgetAt(objective, tape, february).indicator).toBeNull();
    expect(budgetAt(objective, tape, february + 1)).toMatchObject({ indicator: 1, remaining: 1, total: 1 });
  });
});
