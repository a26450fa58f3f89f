import { expect, test } from 'vitest';
import { sumOf, termsOf } from './states.ts';

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
