import type { Health } from './schemas.ts';

/** What is known of a flow at one instant. */
export interface Vital {
  /** Length of the recent window in which all counts were made. */
  readonly windowMs: number;
  readonly sent: number;
  /** Attempts by which the flow is judged: the consumer's, or the sender's where no consumer reports. */
  readonly attempts: number;
  readonly failed: number;
  readonly durationP95Ms: number | null;
  /** What was sent since the consumer was last heard; null: it has answered. */
  readonly unanswered: { readonly since: Date; readonly count: number } | null;
  /** The type of most of the failures; empty when there is no such type. */
  readonly mostlyType: string;
}

export interface Thresholds {
  readonly failedRatioMax: number;
  readonly durationP95MaxMs: number;
  readonly silenceMaxMs: number;
}

export interface Verdict {
  readonly health: Health;
  /** One sentence for a person. */
  readonly reason: string;
}

/** Fewer failures than this say little about a flow: they make it degraded at most. */
const failuresMin = 3;

/** Judges a flow at `at`, the end of its recent window. The worst that holds is said. */
export function judge(vital: Vital, limits: Thresholds, at: Date): Verdict {
  const { unanswered, attempts, failed } = vital;
  const window = windowText(vital.windowMs);
  const ratio = attempts > 0 ? failed / attempts : 0;
  const mostly = vital.mostlyType ? `, mostly ${vital.mostlyType}` : '';
  const failures = `${failed} of ${attempts} attempts failed in the last ${window}${mostly}.`;
  if (ratio > limits.failedRatioMax && failed >= failuresMin) return { health: 'failing', reason: failures };
  const silenceMs = unanswered ? at.getTime() - unanswered.since.getTime() : 0;
  if (unanswered && silenceMs > limits.silenceMaxMs) {
    const were = unanswered.count === 1 ? '1 was' : `${unanswered.count} were`;
    return { health: 'silent', reason: `Nothing processed for ${span(silenceMs)} while ${were} sent.` };
  }
  if (vital.sent === 0 && attempts === 0)
    return { health: 'idle', reason: `No message in the last ${window}.` };
  if (vital.durationP95Ms !== null && vital.durationP95Ms > limits.durationP95MaxMs) {
    return {
      health: 'degraded',
      reason: `Slow: 95 % of attempts take up to ${span(vital.durationP95Ms)}; ${span(limits.durationP95MaxMs)} is the limit.`,
    };
  }
  if (ratio > limits.failedRatioMax) return { health: 'degraded', reason: failures };
  return { health: 'healthy', reason: failed === 0 ? `No failure in the last ${window}.` : failures };
}

/** A length of time as a person says it: 42 min, 3 h, 850 ms. */
export function span(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${trim(ms / 1000)} s`;
  if (ms < 2 * 3_600_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 2 * 86_400_000) return `${trim(ms / 3_600_000)} h`;
  return `${trim(ms / 86_400_000)} days`;
}

function windowText(ms: number): string {
  return ms === 3_600_000 ? 'hour' : span(ms);
}

function trim(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '');
}
