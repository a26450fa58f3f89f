import type { Health } from './schemas.ts';

/** What is known of a flow at one instant: counts of the recent window, and when each side was last heard. */
export interface Vital {
  readonly sent: number;
  readonly processed: number;
  readonly failed: number;
  readonly durationP95Ms: number | null;
  readonly lastSentAt: Date | null;
  readonly lastProcessedAt: Date | null;
  /** Does the consumer's side of this flow report at all, ever in the range? */
  readonly hasConsumer: boolean;
  readonly topErrorType: string;
}

export interface Thresholds {
  readonly failedRatioMax: number;
  readonly durationP95MaxMs: number;
  readonly silenceMaxMs: number;
}

/** Fewer failures than this say nothing about a flow: they make it degraded at most. */
const failuresMin = 3;

/** Judges a flow by its recent window, `windowMs` long and ending at `at`. The reason is one sentence for a person. */
export function judge(
  vital: Vital,
  limits: Thresholds,
  at: Date,
  windowMs: number,
): { health: Health; reason: string } {
  const window = span(windowMs);
  if (vital.sent === 0 && vital.processed === 0)
    return { health: 'idle', reason: `No message in the last ${window}.` };
  const silence = silentFor(vital, at);
  if (silence !== null && silence > limits.silenceMaxMs) {
    return {
      health: 'silent',
      reason: `Nothing processed for ${span(silence)}, while ${vital.sent} were sent in the last ${window}.`,
    };
  }
  const attempts = vital.processed > 0 ? vital.processed : vital.sent;
  const ratio = vital.failed / attempts;
  const failures = `${vital.failed} of ${attempts} attempts failed in the last ${window}${vital.topErrorType ? `, mostly ${vital.topErrorType}` : ''}.`;
  if (ratio > limits.failedRatioMax && vital.failed >= failuresMin)
    return { health: 'failing', reason: failures };
  if (vital.durationP95Ms !== null && vital.durationP95Ms > limits.durationP95MaxMs) {
    return {
      health: 'degraded',
      reason: `Slow: 95 % of attempts take up to ${span(vital.durationP95Ms)}; ${span(limits.durationP95MaxMs)} is the limit.`,
    };
  }
  if (ratio > limits.failedRatioMax) return { health: 'degraded', reason: failures };
  return { health: 'healthy', reason: vital.failed === 0 ? `No failure in the last ${window}.` : failures };
}

/** How long the consumer has been silent although something was sent to it; null when it is not. */
function silentFor(vital: Vital, at: Date): number | null {
  if (!vital.hasConsumer || !vital.lastSentAt || vital.sent === 0) return null;
  if (!vital.lastProcessedAt) return at.getTime() - vital.lastSentAt.getTime();
  if (vital.lastSentAt <= vital.lastProcessedAt) return null;
  return at.getTime() - vital.lastProcessedAt.getTime();
}

/** A length of time as a person says it: 42 min, 3 h, 850 ms. */
export function span(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${trim(ms / 1000)} s`;
  if (ms < 2 * 3_600_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 2 * 86_400_000) return `${trim(ms / 3_600_000)} h`;
  return `${trim(ms / 86_400_000)} days`;
}

function trim(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '');
}

/**
 * Start of the present trouble: the oldest bad slot of the run of bad slots that reaches the end. Slots without
 * any message are neither good nor bad. @param slots oldest first.
 */
export function troubleSince(
  slots: readonly { at: Date; processed: number; failed: number; sent: number }[],
  health: Health,
  limits: Thresholds,
): Date | null {
  if (health !== 'failing' && health !== 'silent') return null;
  let since: Date | null = null;
  for (const slot of slots.toReversed()) {
    const bad =
      health === 'silent'
        ? slot.processed === 0 && slot.sent > 0
        : slot.failed / Math.max(slot.processed, 1) > limits.failedRatioMax;
    const silentSlot = slot.processed === 0 && slot.sent === 0;
    if (bad) since = slot.at;
    else if (!silentSlot && (health === 'silent' ? slot.processed > 0 : true)) break;
  }
  return since;
}
