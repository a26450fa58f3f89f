import { expect, test } from 'vitest';
import type { RecordComparison } from '../api-types.ts';
import { sortComparisons } from './comparisons.ts';

const comparison = (key: string, systems: number, differing: number) =>
  ({
    key,
    records: Array.from({ length: systems }, () => ({})),
    fields: Array.from({ length: 3 }, (_, index) => ({ agree: index >= differing })),
  }) as unknown as RecordComparison;

test('disagreement comes first, then what several systems say', () => {
  const sorted = sortComparisons([
    comparison('c', 1, 0),
    comparison('b', 2, 0),
    comparison('a', 1, 0),
    comparison('d', 2, 2),
  ]);
  expect(sorted.map((one) => one.key)).toEqual(['d', 'b', 'a', 'c']);
});
