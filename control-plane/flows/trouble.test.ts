import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  failureRuns,
  recoveryFrom,
  slownessEnded,
  slowSince,
  tellingRun,
  unansweredSends,
} from './trouble.ts';

const minute = (number: number) => new Date(Date.UTC(2026, 10, 23, 12, number));
/** The slot of one minute. */
const slot = (number: number) => ({ at: minute(number), until: minute(number + 1) });
/** Attempts and failures of minutes 0, 1, 2 … */
const counted = (counts: readonly (readonly [attempts: number, failed: number])[]) =>
  counts.map(([attempts, failed], at) => ({ ...slot(at), attempts, failed }));

const firstFailure = (counts: readonly (readonly [number, number])[], ratio: number) =>
  tellingRun(failureRuns(counted(counts), ratio))?.first.at ?? null;

describe('the start of a run of failures', () => {
  it.each<[string, [number, number][], number | null]>([
    [
      'nothing failed',
      [
        [5, 0],
        [5, 0],
      ],
      null,
    ],
    [
      'the newest minute',
      [
        [5, 0],
        [5, 2],
      ],
      1,
    ],
    [
      'successes in between, as rare messages have them',
      [
        [1, 1],
        [1, 0],
        [1, 0],
        [1, 1],
        [1, 0],
        [1, 1],
      ],
      0,
    ],
    [
      'minutes without a message in between',
      [
        [9, 0],
        [5, 3],
        [0, 0],
        [5, 3],
      ],
      1,
    ],
    [
      'an old failure that enough successes set apart',
      [
        [1, 1],
        [40, 0],
        [40, 0],
        [5, 2],
        [5, 2],
      ],
      3,
    ],
    [
      'a recovery under way: the newest failure still dates it',
      [
        [5, 0],
        [5, 4],
        [400, 0],
      ],
      1,
    ],
    [
      'two failures of half an hour ago, then an outage: its own first failure dates it',
      [[4, 2], ...Array.from({ length: 30 }, () => [1, 0] as [number, number]), [300, 300], [300, 300]],
      31,
    ],
    [
      'a share refused all the time: the first dates it',
      Array.from({ length: 60 }, (_, at) => [2, at % 5 === 0 ? 1 : 0] as [number, number]),
      0,
    ],
    [
      'a stray failure long after an outage: the outage is what is told of',
      [
        [5, 0],
        [5, 4],
        [400, 0],
        [400, 1],
      ],
      1,
    ],
  ])('%s', (_, counts, expected) => {
    expect(firstFailure(counts, 0.02)).toEqual(expected === null ? null : minute(expected));
  });

  it('is a minute that had a failure, and there is one whenever anything failed', () => {
    const count = fc.nat(50).chain((attempts) => fc.tuple(fc.constant(attempts), fc.nat(attempts)));
    fc.assert(
      fc.property(
        fc.array(count, { maxLength: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (counts, ratio) => {
          const since = firstFailure(counts, ratio);
          const found = counts.find((_, at) => since?.getTime() === minute(at).getTime());
          expect(since !== null).toBe(counts.some(([, failed]) => failed > 0));
          if (since) expect(found?.[1]).toBeGreaterThan(0);
        },
      ),
    );
  });
});

describe('recoveryFrom', () => {
  const quiet = (count: number): [number, number][] => Array.from({ length: count }, () => [0, 0]);
  it.each<[string, [number, number][], boolean]>([
    ['nothing ever failed', [[9, 0], ...quiet(9)], false],
    ['an outage, then three successes and five minutes', [[9, 9], [3, 0], ...quiet(4)], true],
    ['an outage, then two successes', [[9, 9], [2, 0], ...quiet(9)], false],
    ['an outage, then three successes, but only four minutes', [[9, 9], [3, 0], ...quiet(3)], false],
    ['an outage, then nothing at all', [[9, 9], ...quiet(30)], false],
    ['a tenth refused, then twenty-nine successes', [[100, 10], [29, 0], ...quiet(9)], false],
    ['a tenth refused, then thirty successes', [[100, 10], [30, 0], ...quiet(9)], true],
    [
      'an outage, then a stray failure within the limit',
      [[9, 9], [50, 0], [50, 1], [50, 0], ...quiet(5)],
      true,
    ],
    [
      'an outage whose last failure came late, then enough successes',
      [[9, 9], [20, 1], [9, 0], ...quiet(5)],
      true,
    ],
    ['an outage whose last failure came late, then too few', [[9, 9], [20, 1], [8, 0], ...quiet(5)], false],
    ['a relapse', [[9, 9], [400, 0], ...quiet(9), [9, 3]], false],
  ])('%s', (_, counts, expected) => {
    const run = tellingRun(failureRuns(counted(counts), 0.02));
    const recovery = recoveryFrom(run, 0.02, minute(counts.length));
    expect(recovery !== null).toBe(expected);
  });
  it('says what failed before and what succeeded since', () => {
    const run = tellingRun(
      failureRuns(counted([[4, 0], [9, 7], [5, 0], [2, 2], [30, 0], ...quiet(5)]), 0.02),
    );
    expect(recoveryFrom(run, 0.02, minute(10))).toMatchObject({
      last: slot(3),
      run: { attempts: 16, failed: 9 },
      after: { attempts: 30, failed: 0 },
    });
  });
  it('is never sooner for one failure more at the end', () => {
    const count = fc.nat(50).chain((attempts) => fc.tuple(fc.constant(attempts), fc.nat(attempts)));
    fc.assert(
      fc.property(fc.array(count, { minLength: 1, maxLength: 60 }), (counts) => {
        const slots = counted([...counts, [3, 3]]);
        const run = tellingRun(failureRuns(slots, 0.02));
        expect(recoveryFrom(run, 0.02, minute(slots.length))).toBeNull();
      }),
    );
  });
});

describe('slownessEnded', () => {
  const slots = (p95: readonly (number | null)[]) =>
    p95.map((durationP95Ms, at) => ({ ...slot(at), durationP95Ms }));
  it.each<[string, (number | null)[], number | null]>([
    ['never slow', [1, 1, 1], null],
    ['slow to the end', [1, 9, 9], null],
    ['an hour of slow slots, then two quick ones', [9, 9, 9, 9, 9, null, 1, 1], 4],
    ['an hour of slow slots, then one quick one', [9, 9, 9, 9, 9, 1], null],
    ['a single slow slot, then four quick ones', [1, 9, 1, 1, 1, 1], null],
    ['a single slow slot, then five quick ones', [1, 9, 1, 1, 1, 1, 1], 1],
  ])('%s', (_, p95, expected) => {
    expect(slownessEnded(slots(p95), 5)?.at ?? null).toEqual(expected === null ? null : minute(expected));
  });
});

describe('unansweredSends', () => {
  const slots = [10, 11, 12, 13, 14].map((at) => ({ ...slot(at), sent: at === 12 ? 0 : 2 }));
  it('counts from the first send that no clock difference explains', () => {
    const last = new Date(minute(9).getTime() + 30_000);
    expect(unansweredSends(slots, last)).toEqual({ since: minute(11), count: 6 });
  });
  it('is null when the consumer was heard since', () => {
    expect(unansweredSends(slots, minute(14))).toBeNull();
  });
});

describe('slowSince', () => {
  const slots = (p95: readonly (number | null)[]) =>
    p95.map((durationP95Ms, at) => ({ ...slot(at), durationP95Ms }));
  it.each<[string, (number | null)[], number | null]>([
    ['never slow', [1, null, 1], null],
    ['quick at the end, which may not last', [1, 9, 9, 1], 1],
    ['slow from the third on, pauses included', [9, 1, 9, null, 9], 2],
    ['slow all the time', [9, 9], 0],
    ['nothing', [null], null],
  ])('%s', (_, p95, expected) => {
    expect(slowSince(slots(p95), 5)).toEqual(expected === null ? null : minute(expected));
  });
});
