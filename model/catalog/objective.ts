/** How an objective turns counts into a share of good: the three budgeting methods of OpenSLO. */
export type Budgeting =
  | { readonly method: 'occurrences' }
  | { readonly method: 'timeslices'; readonly sliceMinutes: number; readonly sliceTarget: number }
  | { readonly method: 'ratio-timeslices'; readonly sliceMinutes: number };

export type CalendarUnit = 'day' | 'week' | 'month' | 'quarter' | 'year';

/** The period that a budget is for: the last so many minutes, or a stretch of the calendar. */
export type BudgetWindow =
  | { readonly kind: 'rolling'; readonly minutes: number }
  | {
      readonly kind: 'calendar';
      readonly count: number;
      readonly unit: CalendarUnit;
      /** Local date and time at which one of the periods begins, such as `2026-01-01T00:00:00`. */
      readonly startTime: string;
      readonly timeZone: string;
    };

export type Severity = 'page' | 'ticket';

/** One burn-rate condition: it holds when both windows burn at least at the threshold. */
export interface BurnAlert {
  readonly severity: Severity;
  readonly threshold: number;
  readonly longMinutes: number;
  readonly shortMinutes: number;
  /** It must have held for so long before it counts. */
  readonly afterMinutes: number;
}

/** What an indicator counts in the rollup of its flow. */
export interface FlowIndicator {
  readonly flow: string;
  readonly operation: 'process' | 'send';
  readonly bad: 'failed' | 'dead-lettered';
}

/** An objective of the catalog with everything it names put in: what the engine evaluates. */
export interface Objective {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** System, or OpenSLO service, that it is about. */
  readonly service: string;
  readonly indicator: FlowIndicator;
  /** Share of good that is promised, between 0 and 1. */
  readonly target: number;
  readonly budgeting: Budgeting;
  readonly window: BudgetWindow;
  /** Name of the calendar in whose open time windows elapse; null: all time counts. */
  readonly calendar: string | null;
  readonly alerts: readonly BurnAlert[];
  /** Whether missing data opens an alert of its own. */
  readonly alertOnStale: boolean;
  /** Names of OpenSLO notification targets, for delivery. */
  readonly notify: readonly string[];
  /** Beside the burn, an alert needs so many bad events and such a share of the budget spent in its long window. */
  readonly lowTraffic: { readonly badEventsMin: number; readonly budgetShareMin: number };
  /** Within each stretch of this length the reporting system is expected to be heard. */
  readonly expectedEveryMinutes: number;
}

/** Share of bad that a target allows: 1 − T, without the noise of binary fractions. */
export function errorBudget(target: number): number {
  return Number((1 - target).toFixed(9));
}
