import type { ReplayDetail } from '../api-types.ts';
import { count } from '../format/number.ts';

/** What became of a replay, in words. Only what the consumer was seen to succeed with counts as confirmed. */
export function sentenceOf({ counts, requestedBy, decidedBy, needsApproval }: ReplayDetail): string {
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

/** The record of a replay as a file. */
export function certificateOf(replay: ReplayDetail) {
  const { id, flow, state, reason, destination, counts, requestedBy, decidedBy, startedAt, finishedAt } =
    replay;
  const {
    manifestHash,
    approvalHash,
    patch,
    perSecond,
    stages,
    haltRatio,
    serial,
    force,
    filter,
    haltedWhy,
  } = replay;
  return {
    replay: id,
    flow,
    state,
    reason,
    destination,
    requestedBy,
    decidedBy,
    startedAt,
    finishedAt,
    haltedWhy,
    manifest: { sha256: manifestHash, messages: counts.items, filter },
    approval: {
      sha256: approvalHash,
      binds: { patch, perSecond, stages: stages.map(({ size }) => size), haltRatio, serial, force },
    },
    counts,
  };
}
