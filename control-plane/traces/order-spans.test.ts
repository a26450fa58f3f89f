import fc from 'fast-check';
import { expect, it } from 'vitest';
import { orderSpans } from './order-spans.ts';

const span = (spanId: string, parentSpanId = '') => ({ spanId, parentSpanId });
const idsOf = (spans: readonly { spanId: string }[]) => spans.map(({ spanId }) => spanId).join('');

it.each<[string, ReturnType<typeof span>[], string]>([
  ['parents before children though the child began first', [span('b', 'a'), span('a')], 'ab'],
  ['siblings by start', [span('a'), span('c', 'a'), span('b', 'a')], 'acb'],
  ['a branch whole before the next', [span('a'), span('b', 'a'), span('c', 'a'), span('d', 'b')], 'abdc'],
  ['a span whose parent is missing as a root', [span('x', 'gone'), span('a')], 'xa'],
  ['a circle last', [span('p', 'q'), span('a'), span('q', 'p')], 'apq'],
])('shows %s', (_, spans, expected) => {
  expect(idsOf(orderSpans(spans))).toBe(expected);
});

it('keeps each span once and puts it after its parent, whatever a sender writes', () => {
  const id = fc.integer({ min: 0, max: 30 }).map(String);
  const spans = fc
    .array(fc.record({ spanId: id, parentSpanId: id }), { maxLength: 60 })
    .map((all) => [...new Map(all.map((one) => [one.spanId, one])).values()]);
  fc.assert(
    fc.property(spans, (all) => {
      const ordered = orderSpans(all);
      expect(ordered.toSorted(byId)).toEqual(all.toSorted(byId));
      const roots = ordered.filter(({ parentSpanId }) => !all.some(({ spanId }) => spanId === parentSpanId));
      const reachable = new Set(roots.map(({ spanId }) => spanId));
      for (const { spanId, parentSpanId } of ordered) if (reachable.has(parentSpanId)) reachable.add(spanId);
      for (const [at, { spanId, parentSpanId }] of ordered.entries()) {
        if (!reachable.has(spanId) || roots.some((root) => root.spanId === spanId)) continue;
        expect(ordered.findIndex((one) => one.spanId === parentSpanId)).toBeLessThan(at);
      }
    }),
  );
});

it('does not exhaust the stack on a chain of thousands', () => {
  const chain = Array.from({ length: 20_000 }, (_, at) => span(String(at), at === 0 ? '' : String(at - 1)));
  expect(orderSpans(chain)).toHaveLength(20_000);
});

function byId(a: { spanId: string }, b: { spanId: string }): number {
  return Number(a.spanId) - Number(b.spanId);
}
