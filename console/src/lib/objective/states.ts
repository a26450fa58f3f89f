import type { Objective } from '#lib/api-types.ts';
import { noData, percent } from '#lib/format/number.ts';
import type { Status, Tone } from '#lib/status.ts';

export const objectiveStates: Record<Objective['state'], Status> = {
  paging: { label: 'Burns fast', tone: 'bad', icon: 'alert' },
  warning: { label: 'Burns', tone: 'warn', icon: 'alert' },
  stale: { label: 'Not measurable', tone: 'silent', icon: 'muted' },
  unknown: { label: 'Not evaluated yet', tone: 'idle', icon: 'clock' },
  ok: { label: 'Kept', tone: 'good', icon: 'check' },
};

/** Worst first, the order in which a person should look. */
const order: readonly Objective['state'][] = ['paging', 'warning', 'stale', 'unknown', 'ok'];

export function stateRank(state: Objective['state']): number {
  return order.indexOf(state);
}

/** A budget that is overspent is bad, one that is nearly so a warning. */
export function budgetTone(remaining: number | null | undefined): Tone | undefined {
  if (remaining === null || remaining === undefined) return undefined;
  if (remaining <= 0) return 'bad';
  return remaining < 0.25 ? 'warn' : 'good';
}

/** Share of the bar that is filled: what is left, from none to all. */
export function filledShare(remaining: number | null | undefined): number {
  return Math.min(1, Math.max(0, remaining ?? 0));
}

/** A budget as a percentage with its sign: an overspent one can be far below nought. */
export function budgetPercent(remaining: number | null | undefined): string {
  if (remaining === null || remaining === undefined) return noData;
  if (remaining >= 0 && remaining <= 1) return percent(remaining);
  const value = Math.abs(remaining * 100);
  const text = value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 1 : 0 });
  return `${remaining < 0 ? '−' : ''}${text}%`;
}

export const frozenTexts = {
  watermark: 'no message of any flow arrived lately',
  coverage: 'the system that reports it is not heard often enough',
} as const;
