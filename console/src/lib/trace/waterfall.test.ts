import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Span } from '../api-types.ts';
import { labelSide, rulerMarks, serviceColours, waterfall } from './waterfall.ts';

function span(
  spanId: string,
  parentSpanId: string,
  offsetMs: number,
  durationMs: number,
  more: Partial<Span> = {},
): Span {
  return { spanId, parentSpanId, offsetMs, durationMs, status: 'Unset', service: 's', ...more } as Span;
}

const trace = {
  spans: [
    span('root', '', 0, 100),
    span('late', 'root', 60, 40, { status: 'Error' }),
    span('early', 'root', 10, 20),
    span('leaf', 'early', 12, 5),
  ],
};
const ids = (rows: { span: Span }[]) => rows.map((row) => row.span.spanId);

describe('waterfall', () => {
  test('parents before children, siblings by start', () => {
    const rows = waterfall(trace);
    expect(ids(rows)).toEqual(['root', 'early', 'leaf', 'late']);
    expect(rows.map((row) => row.depth)).toEqual([0, 1, 2, 1]);
    expect(rows.map((row) => row.descendants)).toEqual([3, 1, 0, 0]);
    expect(rows[3]).toMatchObject({ startPercent: 60, widthPercent: 40, hasError: true });
  });
  test('what is under a folded span is left out', () => {
    expect(ids(waterfall(trace, ['early']))).toEqual(['root', 'early', 'late']);
  });
  test('a span without its parent is shown at the root', () => {
    expect(ids(waterfall({ spans: [span('a', 'lost', 5, 1)] }))).toEqual(['a']);
  });
  test('a consumer that seems to start before its producer is inside the picture', () => {
    const [first] = waterfall({ spans: [span('a', '', 0, 10), span('b', 'a', -10, 5)] });
    expect(first?.startPercent).toBe(50);
  });
  test('parents in a circle lose nobody', () => {
    expect(
      ids(waterfall({ spans: [span('a', 'b', 0, 1), span('b', 'a', 1, 1), span('c', 'a', 2, 1)] })).sort(),
    ).toEqual(['a', 'b', 'c']);
  });
  test('a trace that was sent twice is shown whole, each span twice and in time', () => {
    const chain = Array.from({ length: 40 }, (_, level) =>
      span(`${level}`, level === 0 ? '' : `${level - 1}`, level, 50),
    );
    const rows = waterfall({ spans: [...chain, ...chain.map((one) => ({ ...one }))] });
    expect(rows).toHaveLength(80);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(80);
    expect(rows.find(({ id }) => id === '38')?.descendants).toBe(2);
  });
  test('any forest is shown whole, each bar within the trace', () => {
    const spans = fc
      .array(
        fc.tuple(
          fc.nat(30),
          fc.double({ min: -100, max: 1000, noNaN: true }),
          fc.double({ min: 0, max: 500, noNaN: true }),
        ),
        { minLength: 1, maxLength: 30 },
      )
      .map((list) =>
        list.map(([parent, offset, duration], index) => span(`${index}`, `${parent}`, offset, duration)),
      );
    fc.assert(
      fc.property(spans, (all) => {
        const rows = waterfall({ spans: all });
        expect(new Set(ids(rows)).size).toBe(all.length);
        for (const row of rows) {
          expect(row.startPercent).toBeGreaterThanOrEqual(-1e-6);
          expect(row.startPercent + Math.min(row.widthPercent, 100)).toBeLessThanOrEqual(100.2);
        }
      }),
    );
  });
});

test('the text of a bar stays inside the picture', () => {
  expect(labelSide({ startPercent: 0, widthPercent: 5 })).toBe('after');
  expect(labelSide({ startPercent: 1, widthPercent: 98 })).toBe('inside');
  expect(labelSide({ startPercent: 90, widthPercent: 5 })).toBe('before');
});

test('the ruler spans the trace', () => {
  expect(rulerMarks(trace.spans, 3).map((mark) => mark.offsetMs)).toEqual([0, 50, 100]);
});

test('colours of services begin anew after the eighth', () => {
  const spans = Array.from({ length: 9 }, (_, index) => span(`${index}`, '', 0, 1, { service: `s${index}` }));
  expect([...serviceColours(spans).values()].at(-1)).toBe('series-1');
});
