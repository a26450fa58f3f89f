import type { DeadLetterBulk } from '../api-types.ts';
import { count, counted } from '../format/number.ts';

const verbs: Readonly<Record<string, string>> = {
  acknowledge: 'Acknowledging',
  reopen: 'Reopening',
  resolve: 'Resolving',
  ignore: 'Ignoring',
  release: 'Releasing',
  assign: 'Assigning',
  tag: 'Tagging',
  snooze: 'Snoozing',
  archive: 'Archiving',
  restore: 'Restoring',
};

const ends: Readonly<Record<DeadLetterBulk['state'], string>> = {
  running: '',
  done: 'done',
  cancelled: 'cancelled',
  failed: 'failed',
};

/** What a bulk change does, such as "Acknowledging 250,000 dead letters". */
export function bulkTitle({ kind, letters }: DeadLetterBulk): string {
  return `${verbs[kind] ?? kind} ${counted(letters, 'dead letter')}`;
}

/** How far it is, in words: whoever cannot see the bar knows as much. */
export function bulkProgress({ state, letters, changed, skipped, held, error }: DeadLetterBulk): string {
  const left = skipped > 0 ? `, ${count(skipped)} left as they are` : '';
  const waits = held ? `, ${count(held.count)} locked by ${held.by} and tried again` : '';
  const failed = error ? `: ${error}` : '';
  if (state === 'running') return `${count(changed)} of ${count(letters)} changed${left}${waits}`;
  return `${ends[state]}: ${count(changed)} changed${left}${failed}`;
}
