import type { Health, Message, MilestoneState, TransactionState } from './api-types.ts';

export type Tone = 'bad' | 'warn' | 'good' | 'silent' | 'idle';

/** How a status is shown: a word, a colour and an icon; any one of them is enough to understand it. */
export interface Status {
  readonly label: string;
  readonly tone: Tone;
  readonly icon: 'check' | 'cross' | 'alert' | 'muted' | 'dash' | 'clock' | 'retry' | 'skip' | 'bin';
}

export const healths: Record<Health, Status> = {
  failing: { label: 'Failing', tone: 'bad', icon: 'cross' },
  silent: { label: 'Silent', tone: 'silent', icon: 'muted' },
  degraded: { label: 'Degraded', tone: 'warn', icon: 'alert' },
  recovered: { label: 'Recovered', tone: 'good', icon: 'retry' },
  healthy: { label: 'Healthy', tone: 'good', icon: 'check' },
  idle: { label: 'Idle', tone: 'idle', icon: 'dash' },
};

/** Worst first, the order in which a person should look. */
export const healthOrder: readonly Health[] = [
  'failing',
  'silent',
  'degraded',
  'recovered',
  'healthy',
  'idle',
];

export const outcomes: Record<Message['outcome'], Status> = {
  delivered: { label: 'Delivered', tone: 'good', icon: 'check' },
  failed: { label: 'Failed', tone: 'bad', icon: 'cross' },
  retried: { label: 'Retried', tone: 'warn', icon: 'retry' },
  dead_lettered: { label: 'Dead-lettered', tone: 'bad', icon: 'bin' },
  discarded: { label: 'Discarded', tone: 'idle', icon: 'skip' },
};

/** Which end of a flow told of an attempt. */
export const sides: Record<'send' | 'process', string> = {
  send: 'while sending',
  process: 'while processing',
};

export const transactionStates: Record<TransactionState, Status> = {
  late: { label: 'Late', tone: 'bad', icon: 'alert' },
  on_track: { label: 'On track', tone: 'idle', icon: 'clock' },
  completed: { label: 'Completed', tone: 'good', icon: 'check' },
  completed_late: { label: 'Completed late', tone: 'warn', icon: 'check' },
};

export const milestoneStates: Record<MilestoneState, Status> = {
  reached: { label: 'Reached', tone: 'good', icon: 'check' },
  reached_late: { label: 'Reached late', tone: 'warn', icon: 'check' },
  overdue: { label: 'Overdue', tone: 'bad', icon: 'alert' },
  due: { label: 'Due', tone: 'idle', icon: 'clock' },
  waiting: { label: 'Waiting', tone: 'idle', icon: 'dash' },
  skipped: { label: 'Skipped', tone: 'idle', icon: 'skip' },
};

/** How far down a health stands; for sorting worst first. */
export function healthRank(health: Health): number {
  return healthOrder.indexOf(health);
}
