import { expect, test } from 'vitest';
import { inShownOrder, unseenCount } from './new-rows.ts';
import { formatSort, nextSort, parseSort, sortRows } from './sort.ts';

const id = (row: { id: string }) => row.id;
const rows = (...ids: string[]) => ids.map((one) => ({ id: one }));

test('new rows are counted, not shown', () => {
  expect(unseenCount(rows('b', 'a'), rows('d', 'c', 'b', 'a'), id)).toBe(2);
  expect(unseenCount(rows('b', 'a'), rows('a'), id)).toBe(0);
});

test('rows keep their place when figures change', () => {
  expect(inShownOrder(['x', 'y'], rows('z', 'y', 'x'), id).map(id)).toEqual(['x', 'y', 'z']);
});

test('the heading of a figure goes down, up, away', () => {
  const first = nextSort(undefined, 'failed', true);
  expect(first && formatSort(first)).toBe('-failed');
  const second = nextSort(first, 'failed', true);
  expect(second && formatSort(second)).toBe('failed');
  expect(nextSort(second, 'failed', true)).toBeUndefined();
});

test('what is not a sort is none', () => {
  expect(parseSort('--x')).toBeUndefined();
  expect(parseSort(null)).toBeUndefined();
  expect(parseSort('-p95')).toEqual({ column: 'p95', descending: true });
});

test('rows without a value go last both ways', () => {
  const data = [{ n: null }, { n: 2 }, { n: 10 }];
  expect(sortRows(data, (r) => r.n, true).map((r) => r.n)).toEqual([10, 2, null]);
  expect(sortRows(data, (r) => r.n, false).map((r) => r.n)).toEqual([2, 10, null]);
});
