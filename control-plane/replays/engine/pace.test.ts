import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBucket } from './bucket.ts';
import { haltReason, stageAt } from './stages.ts';

test('a bucket never gives more than its pace and one burst, whatever the moments of asking', () => {
  const moments = fc.array(fc.tuple(fc.nat(500), fc.nat(100)), { minLength: 1, maxLength: 100 });
  fc.assert(
    fc.property(fc.double({ min: 0.1, max: 5000, noNaN: true }), moments, (perSecond, asks) => {
      const bucket = createBucket(perSecond, 0);
      let nowMs = 0;
      let given = 0;
      for (const [laterMs, wanted] of asks) {
        nowMs += laterMs;
        given += bucket.take(wanted, nowMs);
        expect(given).toBeLessThanOrEqual((nowMs / 1000) * perSecond + Math.max(1, perSecond / 10) + 1e-6);
      }
    }),
  );
});

test('a slow pace comes through in the end, one at a time', () => {
  const bucket = createBucket(0.5, 0);
  expect([0, 1000, 2000, 3000, 4000].map((atMs) => bucket.take(10, atMs))).toEqual([1, 0, 1, 0, 1]);
});

test('what was not used is given back', () => {
  const bucket = createBucket(10, 0);
  expect(bucket.take(1, 0)).toBe(1);
  bucket.giveBack(1);
  expect(bucket.take(1, 0)).toBe(1);
});

test.each([
  [0, { from: 0, end: 1, isRest: false }],
  [1, { from: 1, end: 11, isRest: false }],
  [5, { from: 5, end: 11, isRest: false }],
  [11, { from: 11, end: 50, isRest: false }],
  [50, undefined],
])('stages 1, 10, 100 of 50 messages with %i through', (through, expected) => {
  expect(stageAt([1, 10, 100], 50, through)).toEqual(expected);
});

test('the rest follows the ramp', () => {
  expect(stageAt([1], 50, 1)).toEqual({ from: 1, end: 50, isRest: true });
  expect(stageAt([], 50, 0)).toEqual({ from: 0, end: 50, isRest: true });
});

const ramp = { from: 0, end: 100, isRest: false };
const rest = { from: 0, end: 10_000, isRest: true };
test.each([
  ['5 of 100 are allowed', ramp, { confirmed: 0, failed: 5 }, 0.05, false],
  ['the sixth halts at once', ramp, { confirmed: 0, failed: 6 }, 0.05, true],
  ['a canary of one may not fail', { ...ramp, end: 1 }, { confirmed: 0, failed: 1 }, 0.05, true],
  ['the rest is judged by a hundred at least', rest, { confirmed: 3, failed: 5 }, 0.05, false],
  ['six of the first hundred halt the rest', rest, { confirmed: 3, failed: 6 }, 0.05, true],
  ['sixty of two thousand do not', rest, { confirmed: 1940, failed: 60 }, 0.05, false],
  ['a ratio of one never halts', ramp, { confirmed: 0, failed: 100 }, 1, false],
] as const)('%s', (_name, stage, tally, ratio, halts) => {
  expect(haltReason(stage, tally, ratio) !== undefined).toBe(halts);
});
