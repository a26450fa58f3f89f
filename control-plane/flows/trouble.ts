/** The senders' and consumers' clocks may differ by this much before a send counts as unanswered. */
const toleranceMs = 60_000;

interface Slot {
  readonly at: Date;
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
 * Start of the present run of failures: going back from the newest failure, each earlier one belongs to the run while
 * the stretch from it to the next breaks the limit. So a slow flow's few successes in between do not end the run, and
 * a busy flow's rare failures do not lengthen it.
 * @param slots short slots, oldest first.
 */
export function failingSince(
  slots: readonly (Slot & { readonly attempts: number; readonly failed: number })[],
  failedRatioMax: number,
): Date | null {
  let since: Date | null = null;
  let attempts = 0;
  for (const slot of slots.toReversed()) {
    attempts += slot.attempts;
    if (slot.failed === 0) continue;
    if (since !== null && slot.failed / attempts <= failedRatioMax) break;
    since = slot.at;
    attempts = 0;
  }
  return since;
}

/** Start of the present run of slow slots; one without any attempt is neither slow nor fast. @param slots oldest first. */
export function slowSince(
  slots: readonly (Slot & { readonly durationP95Ms: number | null })[],
  durationP95MaxMs: number,
): Date | null {
  let since: Date | null = null;
  for (const { at, durationP95Ms } of slots.toReversed()) {
    if (durationP95Ms === null) continue;
    if (durationP95Ms <= durationP95MaxMs) break;
    since = at;
  }
  return since;
}
