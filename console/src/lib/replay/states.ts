import type { ReplayCounts, ReplayItem, ReplayState } from '../api-types.ts';
import type { Status, Tone } from '../status.ts';

export const replayStates: Record<ReplayState, Status> = {
  previewed: { label: 'Preview', tone: 'idle', icon: 'dash' },
  awaiting_approval: { label: 'Awaiting approval', tone: 'warn', icon: 'clock' },
  scheduled: { label: 'Scheduled', tone: 'idle', icon: 'clock' },
  running: { label: 'Running', tone: 'silent', icon: 'retry' },
  paused: { label: 'Paused', tone: 'warn', icon: 'clock' },
  halted: { label: 'Halted', tone: 'bad', icon: 'alert' },
  finished: { label: 'Finished', tone: 'good', icon: 'check' },
  cancelled: { label: 'Cancelled', tone: 'idle', icon: 'skip' },
  rejected: { label: 'Rejected', tone: 'idle', icon: 'cross' },
};

export const itemStates: Record<ReplayItem['state'], Status> = {
  pending: { label: 'Waiting', tone: 'idle', icon: 'dash' },
  sending: { label: 'Being sent', tone: 'silent', icon: 'retry' },
  sent: { label: 'Sent, not yet confirmed', tone: 'silent', icon: 'clock' },
  confirmed: { label: 'Confirmed', tone: 'good', icon: 'check' },
  refailed: { label: 'Failed again', tone: 'bad', icon: 'cross' },
  skipped: { label: 'Skipped', tone: 'idle', icon: 'skip' },
  unknown: { label: 'Unknown', tone: 'warn', icon: 'alert' },
  cancelled: { label: 'Cancelled', tone: 'idle', icon: 'skip' },
};

/** States in which figures still move. */
export const movingStates: readonly ReplayState[] = ['running', 'paused', 'halted', 'scheduled'];

export interface Term {
  readonly id: 'confirmed' | 'refailed' | 'unknown' | 'skipped' | 'cancelled' | 'awaiting' | 'waiting';
  readonly label: string;
  readonly tone: Tone;
  readonly icon: Status['icon'];
  readonly value: number;
}

/**
 * The terms that always add up to the messages of a replay. `pending` of the API is shown as its two parts: what
 * waits for its consumer, and what was not sent yet.
 */
export function termsOf(counts: ReplayCounts): Term[] {
  return [
    { id: 'confirmed', label: 'Confirmed', tone: 'good', icon: 'check', value: counts.confirmed },
    { id: 'refailed', label: 'Failed again', tone: 'bad', icon: 'cross', value: counts.refailed },
    { id: 'unknown', label: 'Unknown', tone: 'warn', icon: 'alert', value: counts.unknown },
    { id: 'skipped', label: 'Skipped', tone: 'idle', icon: 'skip', value: counts.skipped },
    { id: 'cancelled', label: 'Cancelled', tone: 'idle', icon: 'skip', value: counts.cancelled },
    {
      id: 'awaiting',
      label: 'Sent, to be confirmed',
      tone: 'silent',
      icon: 'clock',
      value: counts.awaitingConfirmation,
    },
    {
      id: 'waiting',
      label: 'Not sent yet',
      tone: 'idle',
      icon: 'dash',
      value: counts.pending - counts.awaitingConfirmation,
    },
  ];
}

/** What the terms add up to; anything but `items` is a fault that must be seen. */
export function sumOf(terms: readonly Term[]): number {
  return terms.reduce((sum, term) => sum + term.value, 0);
}

/** Why a message is where it is: what was answered, or what it waits for. */
export function whyOf({ reason, proof, waitsFor }: ReplayItem, replayId: string): string {
  if (waitsFor && waitsFor.replayId !== replayId)
    return `waits for an earlier message of its key in replay ${waitsFor.replayId.slice(0, 8)}`;
  if (waitsFor && waitsFor.position !== null)
    return `waits for message ${waitsFor.position + 1}, which has the same key`;
  return reason ?? proof ?? '';
}
