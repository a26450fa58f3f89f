/** The senders' and consumers' clocks may differ by this much before a send counts as unanswered. */
const toleranceMs = 60_000;
/** Fewer failures than this are a stray: they neither make a flow fail nor keep it failing. */
export const failuresMin = 3;
/** How sure one must be that a flow which still failed as before would have failed once more by now. */
const doubtMax = 0.05;
/** So long, at least, nothing has failed when a flow counts as recovered: retries come back within minutes. */
const quietMsMin = 5 * 60_000;
const successesMin = 3;
const priorAttempts = 5;

/** A stretch of time. Slots of one list may differ in width. */
export interface Slot {
  readonly at: Date;
  readonly until: Date;
}
type Counted = Slot & { readonly attempts: number; readonly failed: number };
type Timed = Slot & { readonly durationP95Ms: number | null };

/** Failures in a row, with what followed them. */
export interface Run {
  /** Slots of the first and of the last failure. */
  readonly first: Slot;
  readonly last: Slot;
  readonly attempts: number;
  readonly failed: number;
  /** Everything after the slot of the last failure, up to the end of the list. */
  readonly after: { readonly attempts: number; readonly failed: number };
}

/** A trouble that has ended: when it was last seen, and the evidence. */
export interface Recovery {
  readonly last: Slot;
  readonly run: Pick<Run, 'attempts' | 'failed'>;
  readonly after: Run['after'];
}

/**
 * What was sent after the consumer was last heard: since when, and how many. Null when it has answered.
 * @param slots short slots, oldest first.
 */
export function unansweredSends(
  slots: readonly (Slot & { readonly sent: number })[],
  lastProcessedAt: Date,
): { since: Date; count: number } | null {
  const open = slots.filter(
    ({ at, sent }) => sent > 0 && at.getTime() > lastProcessedAt.getTime() + toleranceMs,
  );
  const first = open[0];
  return first ? { since: first.at, count: open.reduce((sum, { sent }) => sum + sent, 0) } : null;
}

/**
 * Runs of failures, the newest first. A failure belongs to the run before it unless that had ended by then: a slow flow's
 * few successes in between do not end a run, and a stray failure of this morning is not where an outage began.
 * @param slots oldest first.
 */
export function failureRuns(slots: readonly Counted[], failedRatioMax: number): Run[] {
  const runs: Run[] = [];
  let run: (Omit<Run, 'after' | 'last'> & { readonly last: Counted }) | undefined;
  const all = { attempts: 0, failed: 0 };
  const totals = sumOf(slots);
  let gap = 0;
  const close = (): void => {
    if (run)
      runs.push({
        ...run,
        after: { attempts: totals.attempts - all.attempts, failed: totals.failed - all.failed },
      });
  };
  for (const slot of slots) {
    if (slot.failed === 0) {
      gap += slot.attempts;
      continue;
    }
    if (run && !endedBefore(run, gap, slot, failedRatioMax)) {
      run = {
        first: run.first,
        last: slot,
        attempts: run.attempts + gap + slot.attempts,
        failed: run.failed + slot.failed,
      };
    } else {
      close();
      run = { first: slot, last: slot, attempts: slot.attempts, failed: slot.failed };
    }
    all.attempts += gap + slot.attempts;
    all.failed += slot.failed;
    gap = 0;
  }
  close();
  return runs.toReversed();
}

function sumOf(slots: readonly Counted[]): { attempts: number; failed: number } {
  return slots.reduce(
    (sum, { attempts, failed }) => ({ attempts: sum.attempts + attempts, failed: sum.failed + failed }),
    { attempts: 0, failed: 0 },
  );
}

/** Had a run ended when the next failure came? @param gap successes since its last slot */
function endedBefore(
  run: { readonly last: Counted; readonly attempts: number; readonly failed: number },
  gap: number,
  next: Slot,
  failedRatioMax: number,
): boolean {
  if (run.last.failed / (run.last.attempts + gap) <= failedRatioMax) return true;
  return next.at.getTime() - run.last.until.getTime() >= quietMsMin && gap >= successesNeeded(run);
}

/** The run that says how a flow is: the newest that is more than a stray. */
export function tellingRun(runs: readonly Run[]): Run | undefined {
  return runs.find(({ failed }) => failed >= failuresMin) ?? runs[0];
}

/**
 * Has a run of failures ended at `at`? Yes when nothing failed for some minutes, or no more than the limit allows, and
 * so many succeeded that a flow which still failed as before would hardly have managed it: three after an outage,
 * scores where one message in twenty was refused.
 */
export function recoveryFrom(run: Run | undefined, failedRatioMax: number, at: Date): Recovery | null {
  if (!run) return null;
  const { after } = run;
  const succeeded = after.attempts - after.failed;
  if (at.getTime() - run.last.until.getTime() < quietMsMin) return null;
  if (after.failed / Math.max(1, after.attempts) > failedRatioMax) return null;
  if (succeeded < successesNeeded(run)) return null;
  return { last: run.last, run, after };
}

/**
 * How many successes in a row are too many for a flow that fails as it did in a run. Of a short run little is known:
 * a few attempts that might as well have succeeded are added to it.
 */
function successesNeeded({ attempts, failed }: Pick<Run, 'attempts' | 'failed'>): number {
  const failedRatio = failed / (attempts + priorAttempts);
  return Math.max(successesMin, Math.ceil(Math.log(doubtMax) / Math.log(1 - failedRatio)));
}

/** Start of the newest run of slow slots; one without any attempt is neither slow nor fast. @param slots oldest first. */
export function slowSince(slots: readonly Timed[], durationP95MaxMs: number): Date | null {
  let since: Date | null = null;
  for (const { at, durationP95Ms } of slots.toReversed()) {
    if (durationP95Ms === null) continue;
    if (durationP95Ms > durationP95MaxMs) since = at;
    else if (since !== null) break;
  }
  return since;
}

/**
 * The last slow slot, when so many quick ones followed it that slowness is over: few after an hour of nothing but slow
 * slots, more where slow and quick ones took turns. Null while it lasts. @param slots oldest first.
 */
export function slownessEnded(slots: readonly Timed[], durationP95MaxMs: number): Slot | null {
  const heard = slots.filter(({ durationP95Ms }) => durationP95Ms !== null);
  const isSlow = ({ durationP95Ms }: Timed): boolean => (durationP95Ms ?? 0) > durationP95MaxMs;
  const lastSlow = heard.findLastIndex(isSlow);
  const last = heard[lastSlow];
  if (!last) return null;
  const quick = heard.length - 1 - lastSlow;
  const first = heard.findLastIndex((slot, index) => index < lastSlow && !isSlow(slot)) + 1;
  const slow = lastSlow - first + 1;
  return quick >= Math.ceil(Math.log(doubtMax) / Math.log(1 - slow / (slow + 1))) ? last : null;
}
