import type { ReplayCertificate, ReplayDetail } from '../api-types.ts';
import { count } from '../format/number.ts';

type Told = Pick<ReplayDetail, 'counts' | 'requestedBy' | 'decidedBy' | 'needsApproval'>;

/** What became of a replay, in words. Only what the consumer was seen to succeed with counts as confirmed. */
export function sentenceOf({ counts, requestedBy, decidedBy, needsApproval }: Told): string {
  const who = decidedBy
    ? `${requestedBy.name} asked, ${decidedBy.name} decided`
    : `${requestedBy.name} asked${needsApproval ? '' : '; no second person was needed'}`;
  const open = counts.items - counts.confirmed;
  const what =
    open === 0
      ? `All ${count(counts.items)} messages are confirmed: their consumer was seen to succeed with each.`
      : `${count(counts.confirmed)} of ${count(counts.items)} messages are confirmed; ${count(counts.refailed)} failed again, ${count(counts.skipped)} were skipped, ${count(counts.unknown)} are unknown, ${count(counts.cancelled)} were cancelled${counts.pending > 0 ? `, ${count(counts.pending)} are under way` : ''}.`;
  return `${what} ${who}.`;
}

const acts: Readonly<Record<string, string>> = {
  preview: 'froze the messages',
  submit: 'asked for approval',
  approve: 'approved',
  reject: 'rejected',
  start: 'started it',
  begin: 'began at its time',
  pause: 'paused it',
  resume: 'resumed it',
  cancel: 'cancelled it',
  halt: 'halted it',
  finish: 'finished',
  verdict: 'gave a verdict',
  resend: 'sent unknown messages again',
};

/** One entry of the audit log in words: `replays.approve` is "approved". */
export function actText(action: string): string {
  return acts[action.replace(/^replays\./, '')] ?? action;
}

/** Which messages the certificate names, in one sentence. */
export function itemsNote({ items, itemsAre, counts }: ReplayCertificate['certificate']): string {
  if (itemsAre === 'all') return 'All of them';
  if (itemsAre === 'not_confirmed') return `The ${count(items.length)} that are not confirmed`;
  return `The first ${count(items.length)} of the ${count(counts.items - counts.confirmed)} that are not confirmed`;
}
