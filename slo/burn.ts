import type { BurnAlert, Objective } from '@plumbline/model/catalog/objective.ts';
import type { Verdict } from './alert.ts';
import { burnRate, spentShare } from './budget.ts';
import type { Tape } from './tape.ts';

/** An alert ends below this share of the burn that starts it, so that a burn at the threshold does not flutter. */
const clearPart = 0.8;

/** Why one burn condition raised, cleared or did neither: every figure that the verdict rests on. */
export interface BurnVerdict {
  readonly alert: BurnAlert;
  readonly longBurn: number | null;
  readonly shortBurn: number | null;
  readonly badEvents: number;
  /** Share of the whole budget that the long window spent. */
  readonly budgetShare: number;
  readonly burns: boolean;
  readonly enoughEvents: boolean;
  readonly enoughBudget: boolean;
  /** Burns and passes the low-traffic gate. */
  readonly holds: boolean;
  readonly clears: boolean;
  readonly longFromMinute: number;
}

/**
 * One multi-window burn-rate condition (SRE workbook, chapter 5, method 6) behind the low-traffic gate: both windows burn
 * at the threshold, and the long one holds k bad events and a share of the budget. Windows elapse in open time.
 */
export function judgeBurn(objective: Objective, tape: Tape, alert: BurnAlert, minute: number): BurnVerdict {
  const { target, lowTraffic } = objective;
  const longFromMinute = tape.back(minute, alert.longMinutes);
  const long = tape.sums(longFromMinute, minute);
  const longBurn = burnRate(long, target);
  const shortBurn = burnRate(tape.sums(tape.back(minute, alert.shortMinutes), minute), target);
  const budgetShare = spentShare(objective, tape, long, minute);
  const burns = reaches(longBurn, alert.threshold) && reaches(shortBurn, alert.threshold);
  const enoughEvents = long.badEvents >= lowTraffic.badEventsMin;
  const enoughBudget = budgetShare >= lowTraffic.budgetShareMin;
  const low = alert.threshold * clearPart;
  return {
    alert,
    longBurn,
    shortBurn,
    badEvents: long.badEvents,
    budgetShare,
    burns,
    enoughEvents,
    enoughBudget,
    holds: burns && enoughEvents && enoughBudget,
    // Without traffic in the short window nothing shows that it is over; without any in the long one, nothing burns.
    clears: longBurn === null || longBurn < low || (shortBurn !== null && shortBurn < low),
    longFromMinute,
  };
}

/** The verdict of all conditions of one severity: one that holds raises, and only all together clear. */
export function combine(
  verdicts: readonly { readonly raises: boolean; readonly clears: boolean }[],
): Verdict {
  if (verdicts.some(({ raises }) => raises)) return 'raise';
  return verdicts.every(({ clears }) => clears) ? 'clear' : 'neither';
}

/** The first minute of the run of bad events that goes on at `minute`: where the harm began. Null without any. */
export function impactStart(objective: Objective, tape: Tape, from: number, to: number): number | null {
  // Good stretches of up to this length do not end the run.
  const lull = Math.max(30, ...objective.alerts.map(({ shortMinutes }) => Math.min(60, shortMinutes)));
  let first: number | null = null;
  for (let minute = to - 1; minute >= from; minute -= 1) {
    if (first !== null && first - minute > lull) break;
    if (tape.sums(minute, minute + 1).badEvents > 0) first = minute;
  }
  return first;
}

/** Burn rates are quotients of whole numbers; the last digit of one that equals the threshold must not decide. */
function reaches(burn: number | null, threshold: number): boolean {
  return burn !== null && burn >= threshold * (1 - 1e-12);
}
