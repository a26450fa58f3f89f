import type { AlertRules, Verdict } from './alert.ts';

/** The newest messages of an objective's flow: how many in a row ended badly, or well. One of the two is 0. */
export interface Run {
  /** Different messages that failed since the last one that came through. */
  readonly bad: number;
  /** Different messages that came through since the last one that failed. */
  readonly good: number;
  /** The first bad one of the run, in milliseconds since the epoch; null without one. */
  readonly badSinceMs: number | null;
}

/** So many different messages, so that one that is tried again and again is not a broken flow. */
const outageMessagesMin = 5;
const recoveredMessagesMin = 3;

/** Three looks in a row, so ten seconds: whoever reports good ones later than bad ones has been heard by then. */
export const outageRules: AlertRules = { fire: { k: 3, n: 3 }, clear: { k: 2, n: 2 }, reopenMinutes: 30 };

/**
 * What the newest messages say of a flow: broken when enough different ones failed with none good in between, well
 * when enough came through with none bad in between. Silence says neither, so it starts nothing and ends nothing.
 * @param badEventsMin what the objective wants at least before anybody is told
 */
export function judgeRun({ bad, good }: Run, badEventsMin: number): Verdict {
  if (bad >= Math.max(outageMessagesMin, badEventsMin)) return 'raise';
  return good >= recoveredMessagesMin ? 'clear' : 'neither';
}
