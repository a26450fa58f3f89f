import { expect, test } from 'vitest';
import { foldCauses } from './fold-causes.ts';

const told = (operation: 'send' | 'process', count: number, lastAt: string, cause = 'PoolTimeoutError') => ({
  flow: 'shop-order-to-erp',
  cause,
  errorType: cause,
  operation,
  count,
  lastAt,
});

test('an outage that both sides tell of, tries and last tries apart, is one row with its attempts counted once', () => {
  const rows = foldCauses([
    told('process', 800, '2026-01-01T10:00:01Z'),
    told('send', 799, '2026-01-01T10:00:02Z'),
    told('process', 400, '2026-01-01T10:00:03Z'),
    told('send', 400, '2026-01-01T10:00:02Z'),
  ]);
  expect(rows).toEqual([told('process', 1200, '2026-01-01T10:00:03Z')]);
});

test('other causes stay apart, most frequent first', () => {
  const rows = foldCauses([
    told('send', 3, '2026-01-01T10:00:00Z', 'A'),
    told('process', 2, '2026-01-01T10:00:00Z', 'B'),
    told('process', 2, '2026-01-01T10:00:00Z', 'B'),
  ]);
  expect(rows.map(({ cause, count }) => [cause, count])).toEqual([
    ['B', 4],
    ['A', 3],
  ]);
});
