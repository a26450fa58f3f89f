interface Node {
  readonly spanId: string;
  readonly parentSpanId: string;
}

/**
 * Display order of spans that come sorted by start: parents before children, siblings by start. Clocks that
 * disagree may start a child before its parent: the tree decides, not the time. A span whose parent is missing
 * is a root; a span in a circle, which only a broken sender makes, comes last.
 */
export function orderSpans<Span extends Node>(spans: readonly Span[]): Span[] {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const children = Map.groupBy(spans, ({ parentSpanId }) => (known.has(parentSpanId) ? parentSpanId : ''));
  const ordered: Span[] = [];
  const placed = new Set<Span>();
  // A stack of its own: a chain of thousands of spans must not exhaust the call stack.
  const stack = (children.get('') ?? []).toReversed();
  for (let span = stack.pop(); span; span = stack.pop()) {
    if (placed.has(span)) continue;
    placed.add(span);
    ordered.push(span);
    stack.push(...(children.get(span.spanId) ?? []).toReversed());
  }
  return [...ordered, ...spans.filter((span) => !placed.has(span))];
}
