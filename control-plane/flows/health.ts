import type { Health } from './schemas.ts';
import { failuresMin, type Recovery } from './trouble.ts';

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
  /** Evidence that the failures of the window are over; null while they are not. */
  readonly recovery: Recovery | null;
  /** When slowness was last seen, when it is over; null while it lasts. */
  readonly slowUntil: Date | null;
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

/** Judges a flow at `at`, the end of its recent window. The worst that holds is said. */
export function judge(vital: Vital, limits: Thresholds, at: Date): Verdict {
  const { unanswered, attempts, failed, recovery } = vital;
  const window = windowText(vital.windowMs);
  const fails = attempts > 0 && failed / attempts > limits.failedRatioMax;
  const failures = `${count(failed)} of ${count(attempts)} attempts failed in the last ${window}${mostly(vital)}.`;
  if (fails && failed >= failuresMin && !recovery) return { health: 'failing', reason: failures };
  const silenceMs = unanswered ? at.getTime() - unanswered.since.getTime() : 0;
  if (unanswered && silenceMs > limits.silenceMaxMs) {
    const were = unanswered.count === 1 ? '1 was' : `${count(unanswered.count)} were`;
    return { health: 'silent', reason: `Nothing processed for ${span(silenceMs)} while ${were} sent.` };
  }
  if (vital.sent === 0 && attempts === 0)
    return { health: 'idle', reason: `No message in the last ${window}.` };
  const slow = slowness(vital, limits);
  if (slow && !vital.slowUntil) {
    return { health: 'degraded', reason: `Slow: 95 % of attempts take up to ${slow}.` };
  }
  if (fails && recovery) return { health: 'recovered', reason: recovered(recovery, vital, at) };
  if (fails) return { health: 'degraded', reason: failures };
  if (slow && vital.slowUntil) {
    const agoMs = at.getTime() - vital.slowUntil.getTime();
    return {
      health: 'recovered',
      reason: `Quick again for ${span(agoMs)}; in the whole ${window} 95 % of attempts took up to ${slow}.`,
    };
  }
  return { health: 'healthy', reason: failed === 0 ? `No failure in the last ${window}.` : failures };
}

function slowness({ durationP95Ms }: Vital, { durationP95MaxMs }: Thresholds): string | undefined {
  if (durationP95Ms === null || durationP95Ms <= durationP95MaxMs) return undefined;
  return `${span(durationP95Ms)}; ${span(durationP95MaxMs)} is the limit`;
}

/** What an on-call person asks of a recovery: is it sure, and what was it? */
function recovered({ last, run, after }: Recovery, vital: Vital, at: Date): string {
  const quiet = span(at.getTime() - last.until.getTime());
  const since =
    after.failed === 0
      ? `no failure for ${quiet} and ${count(after.attempts)} ${after.attempts === 1 ? 'success' : 'successes'} since`
      : `${count(after.failed)} of ${count(after.attempts)} attempts failed in the last ${quiet}, which is within its limit`;
  return `Recovered: ${since}. Before that ${count(run.failed)} of ${count(run.attempts)} failed${mostly(vital)}.`;
}

function mostly({ mostlyType }: Vital): string {
  return mostlyType ? `, mostly ${mostlyType}` : '';
}

/** A length of time as a person says it: 42 min, 3 h, 850 ms. */
export function span(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${trim(ms / 1000)} s`;
  if (ms < 2 * 3_600_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 2 * 86_400_000) return `${trim(ms / 3_600_000)} h`;
  return `${trim(ms / 86_400_000)} days`;
}

/** An hour that does not begin on a minute is 61 minutes when made whole, and an hour to whoever asked for it. */
function windowText(ms: number): string {
  return ms >= 3_600_000 && ms <= 3_660_000 ? 'hour' : span(ms);
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function trim(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '');
}
