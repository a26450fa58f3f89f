import { nominalMinutes } from '@plumbline/model/catalog/burn-windows.ts';
import { errorBudget, type Objective } from '@plumbline/model/catalog/objective.ts';
import { periodAt } from './budget-window.ts';
import type { Sums, Tape } from './tape.ts';

/** Share of good; null when nothing was counted, which is neither 0 nor 1. */
export function indicatorOf({ good, total }: Pick<Sums, 'good' | 'total'>): number | null {
  return total === 0 ? null : good / total;
}

/** Burn rate: error rate ÷ (1 − T) (SRE workbook, chapter 5). 1 spends the budget in exactly the period. */
export function burnRate({ good, total }: Pick<Sums, 'good' | 'total'>, target: number): number | null {
  return total === 0 ? null : (total - good) / (total * errorBudget(target));
}

/** Share of the budget that is left; negative when overspent; null when nothing was counted. */
export function remainingBudget(sums: Pick<Sums, 'good' | 'total'>, target: number): number | null {
  const burn = burnRate(sums, target);
  return burn === null ? null : 1 - burn;
}

/**
 * Time until the budget is gone if it goes on like this: remaining × window ÷ burn, in the unit of the window.
 * Null when nothing burns or nothing is known; 0 when it is gone.
 */
export function timeToExhaustion(
  remaining: number | null,
  window: number,
  burn: number | null,
): number | null {
  if (remaining === null || burn === null) return null;
  if (remaining <= 0) return 0;
  return burn <= 0 ? null : (remaining * window) / burn;
}

export interface BudgetPoint extends Sums {
  readonly minute: number;
  readonly indicator: number | null;
  readonly remaining: number | null;
}

/** The budget as it stood at one minute. */
export function budgetAt(objective: Objective, tape: Tape, minute: number): BudgetPoint {
  const sums = tape.sums(periodAt(objective.window, minute).from, minute);
  return {
    minute,
    ...sums,
    indicator: indicatorOf(sums),
    remaining: remainingBudget(sums, objective.target),
  };
}

/** The budget at every step of a stretch, oldest first, its end included. At most a thousand points. */
export function budgetHistory(
  objective: Objective,
  tape: Tape,
  from: number,
  to: number,
  stepMinutes: number,
): BudgetPoint[] {
  const points = Math.min(1000, Math.floor((to - from) / stepMinutes) + 1);
  return Array.from({ length: points }, (_, back) =>
    budgetAt(objective, tape, to - back * stepMinutes),
  ).reverse();
}

/** Share of the whole period's budget that was spent in a window, by the traffic of the last whole period. */
export function spentShare(objective: Objective, tape: Tape, window: Sums, minute: number): number {
  const period = tape.sums(minute - nominalMinutes(objective.window), minute);
  const budget = period.total * errorBudget(objective.target);
  return budget === 0 ? 0 : (window.total - window.good) / budget;
}
