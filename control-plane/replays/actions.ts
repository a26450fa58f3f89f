import { type Actor, reaches } from '../actor.ts';
import type { ReplayState } from './schemas.ts';

export const actions = ['submit', 'start', 'approve', 'reject', 'pause', 'resume', 'cancel'] as const;
export type Action = (typeof actions)[number];

/** What decides whether an action is open. */
export interface Standing {
  readonly state: ReplayState;
  readonly needsApproval: boolean;
  readonly isForced: boolean;
  /** Who is behind the request, and who is behind the one who wants to act. */
  readonly requestedPrincipal: string;
  readonly principal: string;
  readonly actor: Actor;
}

const from: Readonly<Record<Action, readonly ReplayState[]>> = {
  submit: ['previewed'],
  start: ['previewed'],
  approve: ['awaiting_approval'],
  reject: ['awaiting_approval'],
  pause: ['running'],
  resume: ['paused', 'halted'],
  cancel: ['previewed', 'awaiting_approval', 'scheduled', 'running', 'paused', 'halted'],
};

/** Whether an action fits the state at all. Pure. */
export function fits(action: Action, state: ReplayState): boolean {
  return from[action].includes(state);
}

/** Why an action that fits the state is not open to this actor; undefined: it is. Pure. */
export function refusal(action: Action, standing: Standing): string | undefined {
  const { actor, needsApproval, isForced } = standing;
  if (!reaches(actor.role, 'operator')) return 'This needs the role operator.';
  if (isForced && (action === 'approve' || action === 'start' || action === 'submit' || action === 'resume'))
    if (!reaches(actor.role, 'engineer')) return 'What is forced needs the role engineer.';
  if (action === 'submit' && !needsApproval) return 'It needs no approval: start it.';
  if (action === 'start' && needsApproval) return 'It needs the approval of a second person: submit it.';
  if (action === 'approve' && standing.principal === standing.requestedPrincipal)
    return 'Whoever asked cannot approve: ask somebody else.';
  return undefined;
}

/** What an actor may do now, and why not what they might expect. Pure. */
export function openActions(standing: Standing): {
  may: Action[];
  mayNot: { action: string; why: string }[];
} {
  const may: Action[] = [];
  const mayNot: { action: string; why: string }[] = [];
  for (const action of actions) {
    if (!fits(action, standing.state)) continue;
    const why = refusal(action, standing);
    if (why === undefined) may.push(action);
    else mayNot.push({ action, why });
  }
  return { may, mayNot };
}
