import type { Objective } from '@plumbline/model/catalog/objective.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indicatorOf } from './budget.ts';
import { createSeries, eachSlice, forgetBefore, putSlice, type Slice } from './series.ts';
import { measure, sampleObjective, tapeOf } from './sample.ts';
import { windTape } from './tape.ts';

const day = 1440;
const timeslices = sampleObjective({
  budgeting: { method: 'timeslices', sliceMinutes: 5, sliceTarget: 0.9 },
});
const ratios = sampleObjective({ budgeting: { method: 'ratio-timeslices', sliceMinutes: 5 } });

describe('budgeting methods', () => {
  // Two slices of five minutes: 90 of 100 good, then 1 of 2 good; then one without any event.
  const counts = (minute: number): [number, number] | null =>
    minute < 5 ? [20, 2] : minute < 10 ? (minute === 7 ? [2, 1] : null) : null;

  it.each<[string, Objective, number, number]>([
    ['occurrences: Σ good ÷ Σ total', sampleObjective(), 91, 102],
    ['timeslices: good slices ÷ slices with events', timeslices, 1, 2],
    ['ratio timeslices: the sum of 0.9 and 0.5, in parts of a slice', ratios, 1.4e9, 2e9],
  ])('%s', (_what, objective, good, total) => {
    const sums = tapeOf(objective, 0, 15, counts).sums(0, 15);
    expect(sums).toEqual({ good, total, events: 102, badEvents: 11 });
    expect(indicatorOf(sums)).toBe(good / total);
  });

  it('says nothing of a window without events: neither 0 nor 1', () => {
    for (const objective of [sampleObjective(), timeslices, ratios]) {
      expect(indicatorOf(tapeOf(objective, 0, 15, counts).sums(10, 15))).toBeNull();
    }
  });

  it('never counts a slice that is not over', () => {
    expect(tapeOf(timeslices, 0, 9, counts).sums(0, 9)).toMatchObject({ good: 1, total: 1, events: 102 });
  });

  it('keeps as many slices in a window that ends within one', () => {
    const steady = tapeOf(timeslices, 0, day, () => [1, 0]);
    for (const end of [600, 601, 604]) expect(steady.sums(end - 30, end).total).toBe(6);
  });
});

describe('readings', () => {
  const slice = fc.record({
    minute: fc.integer({ min: 0, max: 3 * day - 1 }),
    total: fc.integer({ min: 0, max: 1000 }),
    bad: fc.integer({ min: 0, max: 1000 }),
  });

  it('that are shuffled, doubled or late give bit-identical sums once all have come', () => {
    // A rollup only grows: earlier readings of a minute hold less of the same counts.
    const earlier = ({ minute, total, bad }: Slice, part: number): Slice => ({
      minute,
      total: Math.floor(total * part),
      bad: Math.floor(bad * part),
    });
    const history = fc.array(
      fc.tuple(slice, fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 })),
      {
        minLength: 1,
        maxLength: 40,
      },
    );
    fc.assert(
      fc.property(history, fc.infiniteStream(fc.nat()), (readings, dice: Iterator<number, number>) => {
        const finals = new Map(readings.map(([final]) => [final.minute, final]));
        const all = readings.flatMap(([{ minute }, parts]) => {
          const final = finals.get(minute);
          return final === undefined ? [] : [final, final, ...parts.map((part) => earlier(final, part))];
        });
        const shuffled = all
          .map((each) => ({ each, key: dice.next().value }))
          .toSorted((a, b) => a.key - b.key);
        const straight = createSeries();
        const mixed = createSeries();
        for (const final of finals.values()) putSlice(straight, final);
        for (const { each } of shuffled) putSlice(mixed, each);
        for (const objective of [sampleObjective(), timeslices, ratios]) {
          const [a, b] = [straight, mixed].map((series) => windTape(objective, measure(series), 0, 3 * day));
          for (const [from, to] of [
            [0, 3 * day],
            [100, 4000],
            [day, day + 7],
          ] as const) {
            expect(b?.sums(from, to)).toEqual(a?.sums(from, to));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('sum to the whole however a window is cut: sums, never averages', () => {
    fc.assert(
      fc.property(fc.array(slice, { maxLength: 60 }), fc.integer({ min: 0, max: 3 * day }), (slices, cut) => {
        const series = createSeries();
        for (const each of slices) putSlice(series, each);
        const tape = windTape(sampleObjective(), measure(series), 0, 3 * day);
        const [left, right, whole] = [tape.sums(0, cut), tape.sums(cut, 3 * day), tape.sums(0, 3 * day)];
        expect(left.good + right.good).toBe(whole.good);
        expect(left.total + right.total).toBe(whole.total);
        let total = 0;
        eachSlice(series, 0, 3 * day, (_minute, count) => (total += count));
        expect(whole.total).toBe(total);
      }),
      { numRuns: 60 },
    );
  });

  it('of days that no window needs are forgotten, whole days only', () => {
    const series = createSeries();
    for (const minute of [10, day + 10, 2 * day]) putSlice(series, { minute, total: 1, bad: 0 });
    forgetBefore(series, day + 20);
    const left: number[] = [];
    eachSlice(series, 0, 4 * day, (minute) => left.push(minute));
    expect(left).toEqual([day + 10, 2 * day]);
  });
});

describe('time that does not count', () => {
  const bad = (minute: number): [number, number] => [10, minute >= 100 && minute < 200 ? 10 : 0];

  it('leaves numerator and denominator in every method, and shows with and without', () => {
    const corrected = [{ from: 100, to: 200 }];
    for (const objective of [sampleObjective(), timeslices, ratios]) {
      const without = tapeOf(objective, 0, 1000, bad).sums(0, 1000);
      const with_ = tapeOf(objective, 0, 1000, bad, { corrected }).sums(0, 1000);
      expect(indicatorOf(without)).toBe(0.9);
      expect(indicatorOf(with_)).toBe(1);
      expect(with_.total / without.total).toBe(0.9);
    }
  });

  it('takes part of a slice out and judges the rest of it', () => {
    const half = { corrected: [{ from: 100, to: 198 }] };
    // Of the last slice, 195 to 200, two bad minutes are left.
    expect(tapeOf(timeslices, 0, 1000, bad, half).sums(195, 200)).toMatchObject({
      good: 0,
      total: 1,
      events: 20,
    });
  });

  it('does not count as expected to be heard', () => {
    const quiet = (minute: number): [number, number] | null =>
      minute >= 100 && minute < 200 ? null : [1, 0];
    expect(tapeOf(sampleObjective(), 0, 300, quiet).coverage(0, 300)).toEqual({ expected: 60, observed: 40 });
    const corrected = { corrected: [{ from: 100, to: 200 }] };
    expect(tapeOf(sampleObjective(), 0, 300, quiet, corrected).coverage(0, 300)).toEqual({
      expected: 40,
      observed: 40,
    });
  });

  it('windows elapse in open time: an hour before noon of a closed night reaches into the day before', () => {
    const open = [
      { from: 480, to: 1020 },
      { from: day + 480, to: day + 1020 },
    ];
    const tape = tapeOf(sampleObjective(), 0, 2 * day, () => [1, 0], { open });
    expect(tape.back(day + 500, 60)).toBe(980);
    expect(tape.back(day + 500, 20)).toBe(day + 480);
    expect(tape.sums(tape.back(day + 500, 60), day + 500).total).toBe(60);
    expect(tape.openMinutes(0, 2 * day)).toBe(1080);
    expect(tape.back(day, 5000)).toBe(0);
  });
});
