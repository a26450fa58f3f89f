import { nominalMinutes } from '@plumbline/model/catalog/burn-windows.ts';
import type { Objective } from '@plumbline/model/catalog/objective.ts';
import { z } from 'zod';
import {
  alertIdOf,
  type AlertKind,
  type AlertRules,
  type AlertSeverity,
  AlertState,
  burnRules,
  type PhaseChange,
  quietAlert,
  staleRules,
  stepAlert,
  type Verdict,
} from './alert.ts';
import { type BudgetPoint, budgetAt, burnRate, timeToExhaustion } from './budget.ts';
import { type BurnVerdict, combine, impactStart, judgeBurn } from './burn.ts';
import { minuteMs } from './interval.ts';
import type { Tape } from './tape.ts';

/** Under this share of expected stretches that were heard, an objective is not judged. */
const coverageMin = 0.9;
const coverageMinutesMin = 60;
const coverageSlotsMin = 10;
const staleMinutesMin = 10;

/** What an objective remembers between evaluations. */
export const ObjectiveState = z.strictObject({
  /** Last minute that was evaluated, since the epoch; null before the first. */
  evaluatedMinute: z.int().nullable(),
  page: AlertState,
  ticket: AlertState,
  stale: AlertState,
  /** How many minutes in a row each condition has held, in the order of the objective's alerts. */
  held: z.array(z.int().min(0)).max(100),
});
export type ObjectiveState = z.infer<typeof ObjectiveState>;

export const newObjectiveState: ObjectiveState = {
  evaluatedMinute: null,
  page: quietAlert,
  ticket: quietAlert,
  stale: quietAlert,
  held: [],
};

/** What is known at an evaluation: running sums, and the minute up to which they are whole. */
export interface Slices {
  readonly tape: Tape;
  readonly watermarkMinute: number;
}

/** A change that somebody may have to be told of. */
export interface Transition extends PhaseChange {
  readonly alert: string;
  readonly objective: string;
  readonly kind: AlertKind;
  readonly severity: AlertSeverity;
  readonly atMs: number;
  /** First bad minute of the run that made it fire; null for others. */
  readonly impactStartMs: number | null;
}

/** Everything that an evaluation found, for display and for the question why an alert did or did not fire. */
export interface Explanation {
  readonly minute: number;
  /** Frozen: nothing fires or resolves, since what is measured is not enough to tell. */
  readonly frozen: 'watermark' | 'coverage' | null;
  readonly coverage: number | null;
  readonly budget: BudgetPoint;
  readonly burn: number | null;
  /** Open minutes until the budget is gone. */
  readonly exhaustionMinutes: number | null;
  readonly burns: readonly BurnVerdict[];
}

export interface Evaluation {
  readonly state: ObjectiveState;
  readonly transitions: readonly Transition[];
  readonly explanation: Explanation;
}

/**
 * Evaluates one objective at the end of a minute. Pure, and the only way that alerts come about: what runs live calls it
 * for every minute in turn, and a backtest does the same over the past.
 * @param minute Minutes since the epoch; what happened before its beginning counts.
 */
export function evaluate(
  objective: Objective,
  state: ObjectiveState,
  slices: Slices,
  minute: number,
): Evaluation {
  const explanation = explain(objective, slices, minute);
  const held = explanation.burns.map(({ holds }, index) => (holds ? (state.held[index] ?? 0) + 1 : 0));
  const next = { ...state, evaluatedMinute: minute };
  const transitions: Transition[] = [];
  const step = (which: 'page' | 'ticket' | 'stale', verdict: Verdict, rules: AlertRules): void => {
    const stepped = stepAlert(state[which], verdict, rules, minute);
    next[which] = stepped.state;
    if (stepped.change !== null) {
      transitions.push(describe(objective, slices.tape, explanation, which, stepped.change));
    }
  };
  const frozen = explanation.frozen !== null;
  if (objective.alertOnStale || state.stale.phase === 'firing') {
    step('stale', frozen && objective.alertOnStale ? 'raise' : 'clear', staleRules);
  }
  if (!frozen) {
    next.held = held;
    for (const severity of ['page', 'ticket'] as const) {
      const judged = explanation.burns.flatMap(({ alert, clears }, index) => {
        const raises = (held[index] ?? 0) > alert.afterMinutes;
        return alert.severity === severity ? [{ raises, clears }] : [];
      });
      if (judged.length > 0 || state[severity].phase === 'firing') step(severity, combine(judged), burnRules);
    }
  }
  return { state: next, transitions, explanation };
}

/** The figures of an objective at the end of a minute, without moving any alert. */
export function explain(
  objective: Objective,
  { tape, watermarkMinute }: Slices,
  minute: number,
): Explanation {
  const every = objective.expectedEveryMinutes;
  const window = Math.max(coverageMinutesMin, coverageSlotsMin * every);
  // Slots are whole stretches of the clock: one more, so that as many are whole.
  const { expected, observed } = tape.coverage(tape.back(minute, window + every), minute);
  const coverage = expected === 0 ? null : observed / expected;
  const stale = tape.openMinutes(watermarkMinute, minute) > Math.max(staleMinutesMin, 2 * every);
  const budget = budgetAt(objective, tape, minute);
  const burns = objective.alerts.map((alert) => judgeBurn(objective, tape, alert, minute));
  const burn = burns[0]?.longBurn ?? burnRate(tape.sums(tape.back(minute, 60), minute), objective.target);
  const period = nominalMinutes(objective.window);
  return {
    minute,
    frozen: stale ? 'watermark' : coverage !== null && coverage < coverageMin ? 'coverage' : null,
    coverage,
    budget,
    burn,
    exhaustionMinutes: timeToExhaustion(budget.remaining, tape.openMinutes(minute - period, minute), burn),
    burns,
  };
}

function describe(
  objective: Objective,
  tape: Tape,
  { burns, minute }: Explanation,
  which: 'page' | 'ticket' | 'stale',
  change: PhaseChange,
): Transition {
  const kind = which === 'stale' ? 'stale' : 'burn';
  const severity = which === 'page' ? 'page' : 'ticket';
  const holding = burns.filter(({ alert, holds }) => holds && alert.severity === which);
  const from = Math.min(...holding.map(({ longFromMinute }) => longFromMinute));
  const begun =
    change.to === 'firing' && holding.length > 0 ? impactStart(objective, tape, from, minute) : null;
  return {
    ...change,
    alert: alertIdOf(objective.name, kind, severity),
    objective: objective.name,
    kind,
    severity,
    atMs: minute * minuteMs,
    impactStartMs: begun === null ? null : begun * minuteMs,
  };
}
