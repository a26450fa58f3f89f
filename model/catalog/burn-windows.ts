import { type BudgetWindow, type BurnAlert, type CalendarUnit, errorBudget } from './objective.ts';

const hourMinutes = 60;
const dayMinutes = 1440;

/** Budget shares and windows that the SRE workbook recommends (chapter 5, table 5-8), for a period of 30 days. */
const recommended = [
  { severity: 'page', share: 0.02, longMinutes: hourMinutes },
  { severity: 'page', share: 0.05, longMinutes: 6 * hourMinutes },
  { severity: 'ticket', share: 0.1, longMinutes: dayMinutes },
  { severity: 'ticket', share: 0.1, longMinutes: 3 * dayMinutes },
] as const;

const periodMinutesOfTable = 30 * dayMinutes;
const shortPart = 12;
/** Below these, one minute of telemetry that is late decides. */
const longMinutesMin = hourMinutes;
const shortMinutesMin = 5;

const unitMinutes: Record<CalendarUnit, number> = {
  day: dayMinutes,
  week: 7 * dayMinutes,
  month: 30 * dayMinutes,
  quarter: 91 * dayMinutes,
  year: 365 * dayMinutes,
};

/** Length by which burn thresholds are reckoned; a month counts 30 days and a quarter 91, however long they are. */
export function nominalMinutes(window: BudgetWindow): number {
  return window.kind === 'rolling' ? window.minutes : window.count * unitMinutes[window.unit];
}

/**
 * The pairs of an objective that names no alert policy. Windows grow with the period; the threshold is
 * share × period ÷ long window, so 14.4, 6, 3 and 1 for 30 days. The short window is a twelfth of the long one.
 * Pairs that can never fire for the target are left out.
 */
export function recommendedAlerts(window: BudgetWindow, target: number, sliceMinutes: number): BurnAlert[] {
  const period = nominalMinutes(window);
  return recommended
    .map(({ severity, share, longMinutes }): BurnAlert => {
      const scaled = Math.round((longMinutes * period) / periodMinutesOfTable);
      const long = wholeSlices(Math.max(longMinutesMin, scaled), sliceMinutes);
      const short = wholeSlices(Math.max(shortMinutesMin, Math.round(long / shortPart)), sliceMinutes);
      const threshold = Number(((share * period) / long).toPrecision(12));
      return { severity, threshold, longMinutes: long, shortMinutes: short, afterMinutes: 0 };
    })
    .filter(({ threshold }) => threshold <= thresholdMax(target));
}

/** The short window that goes with a long one when a condition names none. */
export function shortWindowOf(longMinutes: number, sliceMinutes: number): number {
  return wholeSlices(Math.max(1, Math.round(longMinutes / shortPart)), sliceMinutes);
}

/** The highest burn there can be: when everything is bad, 1 ÷ (1 − T). A threshold above it never fires. */
export function thresholdMax(target: number): number {
  return Number((1 / errorBudget(target)).toPrecision(12));
}

function wholeSlices(minutes: number, sliceMinutes: number): number {
  return Math.ceil(minutes / sliceMinutes) * sliceMinutes;
}
