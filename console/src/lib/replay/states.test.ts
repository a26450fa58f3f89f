import { expect, test } from 'vitest';
import { sumOf, termsOf, whyOf } from './states.ts';

test('the terms add up to the messages of the replay, whatever is under way', () => {
  const counts = {
    items: 412,
    confirmed: 100,
    refailed: 7,
    skipped: 3,
    unknown: 2,
    cancelled: 0,
    pending: 300,
    awaitingConfirmation: 11,
  };
  const terms = termsOf(counts);
  expect(sumOf(terms)).toBe(counts.items);
  expect(terms.find(({ id }) => id === 'waiting')?.value).toBe(289);
});

test('a message that waits says for what', () => {
  const item = {
    position: 4,
    deadLetterId: 'l',
    messageId: 'm',
    key: 'order:1',
    state: 'pending',
    generation: null,
    sentAt: null,
    settledAt: null,
    proof: null,
    reason: null,
    traceId: null,
    spanId: null,
  } as const;
  const waiting = (replayId: string, position: number | null) =>
    whyOf({ ...item, waitsFor: { replayId, position } }, 'a');
  expect(waiting('a', 2)).toBe('waits for message 3, which has the same key');
  expect(waiting('0123456789', null)).toBe('waits for an earlier message of its key in replay 01234567');
  expect(whyOf({ ...item, reason: 'HTTP 422', waitsFor: null }, 'a')).toBe('HTTP 422');
});
