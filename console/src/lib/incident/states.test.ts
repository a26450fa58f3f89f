import { expect, test } from 'vitest';
import type { Incident } from '#lib/api-types.ts';
import { stepsOf, timesOf } from './states.ts';

test('what may be done follows from where it stands, and what fires is not over', () => {
  expect(stepsOf({ state: 'open', firing: 1 })).toEqual(['acknowledge']);
  expect(stepsOf({ state: 'open', firing: 0 })).toEqual(['acknowledge', 'restore']);
  expect(stepsOf({ state: 'acknowledged', firing: 2 })).toEqual([]);
  expect(stepsOf({ state: 'restored', firing: 0 })).toEqual(['close', 'reopen']);
  expect(stepsOf({ state: 'closed', firing: 0 })).toEqual(['reopen']);
});

test('times to detect and to restore count from the beginning of the impact, to acknowledge from the alert', () => {
  const incident = {
    impactStartedAt: '2026-11-24T10:00:00.000Z',
    detectedAt: '2026-11-24T10:02:00.000Z',
    acknowledgedAt: '2026-11-24T10:05:00.000Z',
    restoredAt: null,
  } as Incident;
  expect(timesOf(incident)).toEqual({ detect: 120_000, acknowledge: 180_000, restore: null });
});
