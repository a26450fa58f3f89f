import { createHash } from 'node:crypto';
import { canonicalJson } from '@plumbline/model/catalog/compile-catalog.ts';
import { z } from 'zod';

/** What an alert is about: a budget that burns, or an objective that can no longer be measured. */
export const AlertKind = z.enum(['burn', 'stale']);
export type AlertKind = z.infer<typeof AlertKind>;
export const AlertSeverity = z.enum(['page', 'ticket']);
export type AlertSeverity = z.infer<typeof AlertSeverity>;

export const Phase = z.enum(['quiet', 'pending', 'firing', 'resolved']);
export type Phase = z.infer<typeof Phase>;

/** Where one alert stands. Plain data, kept in the store between evaluations. */
export const AlertState = z.strictObject({
  phase: Phase,
  /** Verdicts of the last minutes, newest last: `r` raises, `c` clears, `-` neither. */
  recent: z.string().regex(/^[rc-]{0,60}$/),
  /** How often it has fired anew; a reopened alert keeps its number. */
  episode: z.int().min(0),
  firedMinute: z.int().nullable(),
  resolvedMinute: z.int().nullable(),
});
export type AlertState = z.infer<typeof AlertState>;

/** So many of the last so many verdicts. */
export interface Quorum {
  readonly k: number;
  readonly n: number;
}

export interface AlertRules {
  readonly fire: Quorum;
  readonly clear: Quorum;
  /** What is raised so soon after its end is the same alert again. */
  readonly reopenMinutes: number;
}

export type Verdict = 'raise' | 'clear' | 'neither';

export interface PhaseChange {
  readonly from: Phase;
  readonly to: Phase;
  readonly episode: number;
  readonly reopened: boolean;
}

/** Two of three minutes fire, so that one late minute does not; five good ones in a row resolve. */
export const burnRules: AlertRules = { fire: { k: 2, n: 3 }, clear: { k: 5, n: 5 }, reopenMinutes: 30 };
/** A measurement that is away for a quarter of an hour is stale, not merely late. */
export const staleRules: AlertRules = { fire: { k: 15, n: 15 }, clear: { k: 2, n: 2 }, reopenMinutes: 30 };

export const quietAlert: AlertState = {
  phase: 'quiet',
  recent: '',
  episode: 0,
  firedMinute: null,
  resolvedMinute: null,
};

/** Identity of an alert: a hash of facts that never change while it lasts, and never of a text or a measured value. */
export function alertIdOf(objective: string, kind: AlertKind | 'outage', severity: AlertSeverity): string {
  const facts = canonicalJson({ objective, kind, severity });
  return createHash('sha256').update(facts).digest('hex').slice(0, 32);
}

/** Moves an alert on by the verdict of one minute. Pure; at most one change of phase a minute. */
export function stepAlert(
  state: AlertState,
  verdict: Verdict,
  rules: AlertRules,
  minute: number,
): { readonly state: AlertState; readonly change: PhaseChange | null } {
  const letter = { raise: 'r', clear: 'c', neither: '-' }[verdict];
  const length = Math.max(rules.fire.n, rules.clear.n);
  const recent = (state.recent + letter).slice(-length);
  const raised = reached(recent, 'r', rules.fire);
  const cleared = reached(recent, 'c', rules.clear);
  const stirs = recent.slice(-rules.fire.n).includes('r');
  const move = (to: Phase, more: Partial<AlertState> = {}, reopened = false) => {
    const next = { ...state, recent, phase: to, ...more };
    return { state: next, change: { from: state.phase, to, episode: next.episode, reopened } };
  };
  if (state.phase === 'firing') {
    if (cleared) return move('resolved', { resolvedMinute: minute, recent: '' });
    return { state: { ...state, recent }, change: null };
  }
  if (raised) {
    const since = state.resolvedMinute === null ? Infinity : minute - state.resolvedMinute;
    const reopened = since <= rules.reopenMinutes;
    const episode = reopened ? state.episode : state.episode + 1;
    const firedMinute = reopened ? state.firedMinute : minute;
    return move('firing', { episode, firedMinute, resolvedMinute: null }, reopened);
  }
  if (stirs && state.phase !== 'pending') return move('pending');
  if (!stirs && state.phase === 'pending') return move('quiet');
  return { state: { ...state, recent }, change: null };
}

function reached(recent: string, letter: string, { k, n }: Quorum): boolean {
  const window = recent.slice(-n);
  let count = 0;
  for (const each of window) count += each === letter ? 1 : 0;
  return count >= k;
}
