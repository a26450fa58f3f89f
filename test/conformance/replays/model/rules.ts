import type { LetterNow, ReplayNow } from './snapshot.ts';

/** A second opinion on who may do what, and on what a filter freezes: written from the README, not from the code. */
export type Who = 'ada' | 'adasToken' | 'bob' | 'carl';

/** Letters of a manifest, in order of intake. */
export function whatIsFrozen(
  letters: readonly LetterNow[],
  ids: readonly string[] | undefined,
  withQuarantined: boolean,
): LetterNow[] {
  const fit = ['open', 'acknowledged', ...(withQuarantined ? ['quarantined'] : [])];
  return letters
    .filter(({ id, state }) => (!ids || ids.includes(id)) && fit.includes(state))
    .toSorted((a, b) => a.seq - b.seq);
}

const from: Readonly<Record<string, readonly string[]>> = {
  submit: ['previewed'],
  start: ['previewed'],
  approve: ['awaiting_approval'],
  reject: ['awaiting_approval'],
  pause: ['running'],
  resume: ['paused', 'halted'],
  cancel: ['previewed', 'awaiting_approval', 'scheduled', 'running', 'paused', 'halted'],
};

/** Whether a decision is theirs to take. */
export function mayDecide(replay: ReplayNow, action: string, by: Who): boolean {
  if (!from[action]?.includes(replay.state)) return false;
  const goesAhead = ['submit', 'start', 'approve', 'resume'].includes(action);
  if (replay.isForced && goesAhead && by === 'carl') return false;
  if (action === 'submit') return replay.needsApproval;
  if (action === 'start') return !replay.needsApproval;
  if (action === 'approve') return replay.askedBy !== principalOf(by);
  return true;
}

/** A token acts for whoever made it. */
export function principalOf(by: Who): string {
  return by === 'adasToken' ? 'ada' : by;
}
