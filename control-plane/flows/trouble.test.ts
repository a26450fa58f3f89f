import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failingSince, slowSince, unansweredSends } from './trouble.ts';

const minute = (number: number) => new Date(Date.UTC(2026, 10, 23, 12, number));

describe('failingSince', () => {
  /** Attempts and failures of minutes 0, 1, 2 … */
  const slots = (counts: readonly (readonly [attempts: number, failed: number])[]) =>
    counts.map(([attempts, failed], at) => ({ at: minute(at), attempts, failed }));
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
  ])('%s', (_, counts, expected) => {
    expect(failingSince(slots(counts), 0.02)).toEqual(expected === null ? null : minute(expected));
  });

  it('is a minute that had a failure, and there is one whenever anything failed', () => {
    const count = fc.nat(50).chain((attempts) => fc.tuple(fc.constant(attempts), fc.nat(attempts)));
    fc.assert(
      fc.property(
        fc.array(count, { maxLength: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (counts, ratio) => {
          const since = failingSince(slots(counts), ratio);
          const found = counts.find((_, at) => since?.getTime() === minute(at).getTime());
          expect(since !== null).toBe(counts.some(([, failed]) => failed > 0));
          if (since) expect(found?.[1]).toBeGreaterThan(0);
        },
      ),
    );
  });
});

describe('unansweredSends', () => {
  const slots = [10, 11, 12, 13, 14].map((at) => ({ at: minute(at), sent: at === 12 ? 0 : 2 }));
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
    p95.map((durationP95Ms, at) => ({ at: minute(at), durationP95Ms }));
  it.each<[string, (number | null)[], number | null]>([
    ['fast at the end', [9, 9, 1], null],
    ['slow from the third on, pauses included', [9, 1, 9, null, 9], 2],
    ['slow all the time', [9, 9], 0],
    ['nothing', [null], null],
  ])('%s', (_, p95, expected) => {
    expect(slowSince(slots(p95), 5)).toEqual(expected === null ? null : minute(expected));
  });
});
