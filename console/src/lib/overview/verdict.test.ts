import { expect, test } from 'vitest';
import type { Overview } from '../api-types.ts';
import { verdictOf } from './verdict.ts';

function overview(flowsByHealth: Partial<Overview['flowsByHealth']>, late = 0): Overview {
  return {
    flowsByHealth: {
      healthy: 0,
      recovered: 0,
      degraded: 0,
      failing: 0,
      silent: 0,
      idle: 0,
      ...flowsByHealth,
    },
    processes: [{ process: 'p', title: 'P', total: 9, completed: 0, onTrack: 9 - late, late, lateValue: [] }],
  } as unknown as Overview;
}

test.each([
  [{ healthy: 3 }, 0, 'good', 'Every flow that moved is within its limits.'],
  [{ healthy: 3 }, 1, 'warn', 'Every flow that moved is within its limits. 1 transaction is late.'],
  [
    { failing: 1, silent: 2, healthy: 4 },
    5,
    'bad',
    '1 failing and 2 silent of 7 flows. 5 transactions are late.',
  ],
  [{ failing: 1, silent: 1, degraded: 1 }, 0, 'bad', '1 failing, 1 silent and 1 degraded of 3 flows.'],
  [{ recovered: 2, healthy: 17 }, 0, 'good', 'Nothing is broken now; 2 of 19 flows recovered.'],
  [{ degraded: 1, healthy: 1 }, 0, 'warn', '1 degraded of 2 flows.'],
  [{ idle: 4 }, 0, 'idle', 'No flow moved anything in this range.'],
])('%j with %d late', (flows, late, tone, text) =>
  expect(verdictOf(overview(flows, late))).toEqual({ tone, text }),
);
