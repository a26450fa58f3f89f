import { expect, test } from 'vitest';
import type { Actor, Role } from '../actor.ts';
import { type Action, actions, fits, openActions, refusal, type Standing } from './actions.ts';
import { nextState } from './decide.ts';
import { ReplayState } from './schemas.ts';

const actor = (role: Role): Actor => ({ kind: 'person', id: 'p', name: 'P', role });
const standing = (changed: Partial<Standing>): Standing => ({
  state: 'awaiting_approval',
  needsApproval: true,
  isForced: false,
  requestedPrincipal: 'person:ada',
  principal: 'person:bob',
  actor: actor('operator'),
  ...changed,
});

test.each<[string, Action, Partial<Standing>, boolean]>([
  ['another operator approves', 'approve', {}, true],
  ['whoever asked does not', 'approve', { principal: 'person:ada' }, false],
  ['not even an administrator', 'approve', { principal: 'person:ada', actor: actor('admin') }, false],
  ['a viewer does not', 'approve', { actor: actor('viewer') }, false],
  ['whoever asked may take it back', 'reject', { principal: 'person:ada' }, true],
  ['whoever asked may cancel', 'cancel', { principal: 'person:ada' }, true],
  ['what is forced needs an engineer', 'approve', { isForced: true }, false],
  ['and an engineer may', 'approve', { isForced: true, actor: actor('engineer') }, true],
  ['what needs approval is not started', 'start', { state: 'previewed' }, false],
  ['what needs none is', 'start', { state: 'previewed', needsApproval: false }, true],
  ['nor submitted', 'submit', { state: 'previewed', needsApproval: false }, false],
  ['an operator cannot resume what is forced', 'resume', { state: 'halted', isForced: true }, false],
  ['but can stop it', 'cancel', { state: 'running', isForced: true }, true],
])('%s', (_name, action, changed, isOpen) => {
  const present = standing(changed);
  expect(fits(action, present.state)).toBe(true);
  expect(refusal(action, present) === undefined).toBe(isOpen);
  const { may, mayNot } = openActions(present);
  expect(may.includes(action)).toBe(isOpen);
  expect(mayNot.some((one) => one.action === action)).toBe(!isOpen);
});

test('nothing leads out of an end, and every other state has a way to one', () => {
  const ends = ['finished', 'cancelled', 'rejected'];
  for (const state of ReplayState.options) {
    const open = actions.filter((action) => fits(action, state));
    if (ends.includes(state)) expect(open).toEqual([]);
    else expect(open.map((action) => nextState(action, false))).toContain('cancelled');
  }
});

test('what was approved for later waits', () => {
  expect([nextState('approve', true), nextState('start', true), nextState('resume', true)]).toEqual([
    'scheduled',
    'scheduled',
    'running',
  ]);
});
