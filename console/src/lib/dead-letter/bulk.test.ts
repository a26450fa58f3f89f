import { expect, test } from 'vitest';
import { bulkProgress, bulkTitle } from './bulk.ts';

const bulk = {
  id: 'b',
  state: 'running',
  kind: 'acknowledge',
  requestedBy: 'Olga',
  requestedAt: '2026-11-23T12:00:00.000Z',
  endedAt: null,
  letters: 250_000,
  changed: 5000,
  skipped: 0,
  held: null,
  error: null,
} as const;

test('a bulk change says what it does and how far it is', () => {
  expect(bulkTitle(bulk)).toBe('Acknowledging 250,000 dead letters');
  expect(bulkProgress(bulk)).toBe('5,000 of 250,000 changed');
  expect(bulkProgress({ ...bulk, skipped: 12 })).toBe('5,000 of 250,000 changed, 12 left as they are');
  const held = { count: 3, letters: [], by: 'psql (pid 7)' };
  expect(bulkProgress({ ...bulk, held })).toBe(
    '5,000 of 250,000 changed, 3 locked by psql (pid 7) and tried again',
  );
});

test('what ended says how', () => {
  expect(bulkProgress({ ...bulk, state: 'cancelled' })).toBe('cancelled: 5,000 changed');
  expect(bulkProgress({ ...bulk, state: 'failed', error: 'no such person' })).toBe(
    'failed: 5,000 changed: no such person',
  );
});
