import { expect, test } from 'vitest';
import type { ReplayDetail } from '../api-types.ts';
import { actText, sentenceOf } from './certificate.ts';

const counts = {
  items: 10,
  confirmed: 10,
  refailed: 0,
  skipped: 0,
  unknown: 0,
  cancelled: 0,
  pending: 0,
  awaitingConfirmation: 0,
};
const at = '2026-11-23T12:00:00.000Z';
const replay = (change: Partial<ReplayDetail>) =>
  ({
    counts,
    requestedBy: { id: '1', name: 'Ada', at },
    decidedBy: { id: '2', name: 'Bob', at },
    needsApproval: true,
    ...change,
  }) as ReplayDetail;

test('all confirmed is said only when all are', () => {
  expect(sentenceOf(replay({}))).toBe(
    'All 10 messages are confirmed: their consumer was seen to succeed with each. Ada asked, Bob decided.',
  );
  expect(sentenceOf(replay({ counts: { ...counts, confirmed: 9, unknown: 1 } }))).toBe(
    '9 of 10 messages are confirmed; 0 failed again, 0 were skipped, 1 are unknown, 0 were cancelled. Ada asked, Bob decided.',
  );
});

test('acts are said in words, and what nobody foresaw as it is', () => {
  expect(['replays.approve', 'replays.halt', 'replays.fly'].map(actText)).toEqual([
    'approved',
    'halted it',
    'replays.fly',
  ]);
});
