import { expect, test } from 'vitest';
import { auditSentence } from './audit-sentence.ts';

const ann = 'dc707f56-64f2-410e-997d-7e3c3bfe93ab';
const replay = 'replay:61f6f307-0000-4000-8000-000000000000';
const names = new Map([[ann, 'Ann']]);

test.each([
  ['replays.approve', replay, 'shop-order-to-erp', {}, 'approved the replay 61f6f307 on shop-order-to-erp'],
  [
    'replays.reject',
    replay,
    'a-to-b',
    { reason: 'too late' },
    'rejected the replay 61f6f307 on a-to-b: “too late”',
  ],
  ['replays.halt', replay, null, { why: 'three failed' }, 'halted the replay 61f6f307: “three failed”'],
  [
    'replays.preview',
    replay,
    'a-to-b',
    { items: 1400 },
    'previewed the replay 61f6f307 on a-to-b of 1,400 messages',
  ],
  ['people.invite', `person:${ann}`, 'Ann', { role: 'viewer' }, 'invited Ann as viewer'],
  ['people.change', `person:${ann}`, 'Ann', { to: { role: 'operator' } }, 'changed Ann: role operator'],
  ['people.change', `person:${ann}`, 'Ann', { to: { disabled: true } }, 'changed Ann: may no longer sign in'],
  ['session.start', `person:${ann}`, null, {}, 'signed in as a person (dc707f56)'],
  ['session.end', 'session:61f6f307', null, {}, 'signed out '],
  ['tokens.revoke', `token:${ann}`, 'ci', {}, 'revoked the token ci'],
  [
    'dead_letters.assign',
    'dead_letters',
    null,
    { changed: 2, action: { person: ann } },
    'assigned 2 dead letters to Ann',
  ],
  [
    'dead_letters.assign',
    `dead_letter:${ann}`,
    'm-1',
    { action: { person: null } },
    'assigned the dead letter m-1 to nobody',
  ],
  [
    'dead_letters.ignore',
    'dead_letters',
    null,
    { changed: 1, action: { reason: 'test' } },
    'ignored 1 dead letter: “test”',
  ],
  [
    'dead_letters.auto_resolve',
    'flow:a-to-b',
    null,
    { resolved: 4 },
    'saw succeed and resolved dead letters of a-to-b: 4',
  ],
  ['rules.learn', 'rule:x', null, {}, 'rules.learn · x'],
])('%s of %s (%s) %j', (action, target, targetName, detail, expected) => {
  const { verb, label, rest } = auditSentence({ action, target, targetName, detail }, names);
  expect(`${verb} ${label}${rest}`).toBe(expected);
});
