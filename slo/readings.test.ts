import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FlowReading } from './queries.ts';
import { countsOf, createReadings, firstMinute, heardOf, takeIn } from './readings.ts';
import { sampleObjective } from './sample.ts';
import { eachSlice, type Series } from './series.ts';

const indicator = { flow: 'orders', operation: 'process', bad: 'failed' } as const;
const objective = (name: string, more: object): ReturnType<typeof sampleObjective> =>
  sampleObjective({ name, indicator: { ...indicator, ...more } });

const flow = (name: string, source: string, target: string) => ({ name, source, target });
const catalog = {
  flows: [flow('orders', 'shop', 'erp'), flow('returns', 'wms', 'erp')] as never,
  objectives: [
    objective('taken', {}),
    objective('kept', { bad: 'dead-lettered' }),
    objective('sent', { operation: 'send' }),
    objective('taken-too', {}),
  ],
};

type Row = readonly [
  minute: number,
  operation: 0 | 1 | 2,
  total: number,
  failed: number,
  unreached: number,
  dead: number,
];

function reading(name: string, rows: readonly Row[]): FlowReading {
  const column = (at: number) => rows.map((row) => row[at] ?? 0);
  return {
    flow: name,
    newest: Math.max(...column(0)) * 60 + 59,
    minutes: column(0),
    operations: column(1),
    totals: column(2),
    failed: column(3),
    unreached: column(4),
    deadLettered: column(5),
  };
}

function slicesOf(series: Series): [number, number, number][] {
  const found: [number, number, number][] = [];
  eachSlice(series, 0, 10_000, (...slice) => found.push(slice));
  return found;
}

describe('what is read of a flow', () => {
  const rows: Row[] = [
    [100, 1, 10, 2, 0, 1],
    // The engine had not merged this yet.
    [100, 1, 5, 0, 0, 0],
    [100, 2, 20, 4, 3, 0],
    [100, 0, 7, 7, 0, 2],
    [101, 2, 4, 0, 0, 0],
  ];

  it('counts by the side that the indicator names; the consumer also answers for what never reached it', () => {
    const readings = createReadings(catalog);
    takeIn(readings, [reading('orders', rows)]);
    expect(slicesOf(countsOf(readings, indicator))).toEqual([[100, 18, 5]]);
    expect(slicesOf(countsOf(readings, { ...indicator, bad: 'dead-lettered' }))).toEqual([[100, 18, 3]]);
    expect(slicesOf(countsOf(readings, { ...indicator, operation: 'send' }))).toEqual([
      [100, 20, 4],
      [101, 4, 0],
    ]);
    expect(readings.counts.size).toBe(3);
    expect(readings.newestMinute).toBe(101);
  });

  it('tells that a system was heard when it spoke on any flow, and of what only its peer told nothing', () => {
    const readings = createReadings(catalog);
    takeIn(readings, [reading('orders', [[7, 2, 1, 0, 1, 0]]), reading('returns', [[9, 1, 1, 0, 0, 0]])]);
    expect(slicesOf(heardOf(readings, indicator)).map(([minute]) => minute)).toEqual([9]);
    expect(
      slicesOf(heardOf(readings, { ...indicator, operation: 'send' })).map(([minute]) => minute),
    ).toEqual([7]);
    expect(firstMinute(heardOf(readings, indicator))).toBe(9);
    expect(firstMinute(countsOf(readings, { ...indicator, flow: 'unknown' }))).toBeNull();
  });

  it('is the same whatever order readings come in, and however often', () => {
    const later = [...rows, [100, 1, 1, 1, 0, 0] as Row, [102, 1, 3, 0, 0, 0] as Row];
    const all = [
      reading('orders', rows),
      reading('orders', later),
      reading('orders', later),
      reading('returns', rows),
    ];
    const straight = createReadings(catalog);
    takeIn(straight, [reading('orders', later), reading('returns', rows)]);
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (shuffled) => {
        const readings = createReadings(catalog);
        for (const each of shuffled) takeIn(readings, [each]);
        for (const { indicator: each } of catalog.objectives) {
          expect(slicesOf(countsOf(readings, each))).toEqual(slicesOf(countsOf(straight, each)));
        }
        expect(readings.newestMinute).toBe(straight.newestMinute);
      }),
    );
  });
});
