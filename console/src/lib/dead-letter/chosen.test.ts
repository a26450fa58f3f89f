import { expect, test } from 'vitest';
import type { DeadLetterGroup } from '../api-types.ts';
import { chosenAll, chosenGroups, chosenLetters } from './chosen.ts';

const group = (flow: string, cause: string, count: number) => ({ flow, cause, count }) as DeadLetterGroup;
const groups = [group('a', 'x', 3), group('a', 'y', 4), group('b', 'x', 5)];
const filter = { state: 'open' };

test('one cause is a filter of flow and cause', () => {
  expect(chosenGroups(groups, ['a\nx'], filter)).toEqual({
    filters: [{ state: 'open', flow: 'a', cause: 'x' }],
    what: '3 dead letters of 1 cause',
  });
});

test('all causes of one flow are that flow, so that one replay can hold them', () => {
  expect(chosenGroups(groups, ['a\nx', 'a\ny'], filter)).toEqual({
    filters: [{ state: 'open', flow: 'a' }],
    what: '7 dead letters of 2 causes',
  });
});

test('causes of two flows are two filters, and no replay', () => {
  const chosen = chosenGroups(groups, ['a\nx', 'b\nx'], filter);
  expect(chosen.filters).toHaveLength(2);
  expect(chosen.whyNoReplay).toBe('Replay one flow at a time');
});

test('ticked letters are ids, everything is the filter', () => {
  expect(
    chosenLetters(
      [
        { id: '1', flow: 'a' },
        { id: '2', flow: 'a' },
      ],
      ['2'],
    ).filters,
  ).toEqual([{ ids: ['2'] }]);
  expect(chosenAll({ state: 'open', flow: 'a' }, 12_345)).toEqual({
    filters: [{ state: 'open', flow: 'a' }],
    what: 'All 12,345 dead letters that match',
  });
  expect(chosenAll({ state: 'open' }, null).whyNoReplay).toBeDefined();
});
