import type { Span, Trace } from '../api-types.ts';
import { uniqueIds } from '../table/unique-ids.ts';

/** One line of the waterfall: a span, how deep it stands and where its bar lies in per cent of the trace. */
export interface WaterfallRow {
  /** The span's id, made unique: a span may be stored twice, and some senders let client and server share one. */
  readonly id: string;
  readonly span: Span;
  readonly depth: number;
  /** Spans below it, at any depth. */
  readonly descendants: number;
  readonly startPercent: number;
  readonly widthPercent: number;
  readonly hasError: boolean;
}

const widthPercentMin = 0.15;

/**
 * Lines of a trace, parents before children. A span whose parent is not in the trace stands at the root:
 * a broken trace is shown as it is, never hidden. Spans under a folded one are left out.
 */
export function waterfall(trace: Pick<Trace, 'spans'>, folded: readonly string[] = []): WaterfallRow[] {
  const foldedIds = new Set(folded);
  const children = childrenOf(trace.spans);
  const { startMs, widthMs } = extent(trace.spans);
  const rows: Omit<WaterfallRow, 'id'>[] = [];
  const placed = new Set<Span>();
  const stack = (children.get('') ?? []).map((span) => ({ span, depth: 0 })).reverse();
  const descendants = countDescendants(children);

  for (let next = stack.pop(); next; next = stack.pop()) {
    const { span, depth } = next;
    // Children stand under the first of several spans with one id; under each they would double with every level.
    if (placed.has(span)) continue;
    placed.add(span);
    rows.push({
      span,
      depth,
      descendants: descendants.get(span.spanId) ?? 0,
      startPercent: ((span.offsetMs - startMs) / widthMs) * 100,
      widthPercent: Math.max(widthPercentMin, (span.durationMs / widthMs) * 100),
      hasError: span.status === 'Error',
    });
    if (foldedIds.has(span.spanId)) continue;
    for (const child of (children.get(span.spanId) ?? []).toReversed())
      stack.push({ span: child, depth: depth + 1 });
  }
  const ids = uniqueIds(rows.map(({ span }) => span.spanId));
  return rows.map((row, index) => ({ id: ids[index] ?? '', ...row }));
}

/** Children by parent, siblings by start; roots stand under ''. A cycle of parents is cut where it is met. */
function childrenOf(spans: readonly Span[]): Map<string, Span[]> {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const children = new Map<string, Span[]>();
  for (const span of spans) {
    const parent = reachesRoot(span, byId) && byId.has(span.parentSpanId) ? span.parentSpanId : '';
    const siblings = children.get(parent);
    if (siblings) siblings.push(span);
    else children.set(parent, [span]);
  }
  for (const siblings of children.values()) siblings.sort((a, b) => a.offsetMs - b.offsetMs);
  return children;
}

function reachesRoot(span: Span, byId: ReadonlyMap<string, Span>): boolean {
  const seen = new Set<string>();
  for (let at: Span | undefined = span; at; at = byId.get(at.parentSpanId)) {
    if (seen.has(at.spanId)) return false;
    seen.add(at.spanId);
  }
  return true;
}

function countDescendants(children: ReadonlyMap<string, Span[]>): Map<string, number> {
  const counts = new Map<string, number>();
  const order = new Set<Span>();
  const stack = [...(children.get('') ?? [])];
  for (let span = stack.pop(); span; span = stack.pop()) {
    if (order.has(span)) continue;
    order.add(span);
    stack.push(...(children.get(span.spanId) ?? []));
  }
  for (const span of [...order].reverse()) {
    const below = children.get(span.spanId) ?? [];
    counts.set(
      span.spanId,
      below.reduce((sum, child) => sum + 1 + (counts.get(child.spanId) ?? 0), 0),
    );
  }
  return counts;
}

function extent(spans: readonly Span[]): { startMs: number; widthMs: number } {
  let startMs = Infinity;
  let endMs = -Infinity;
  for (const span of spans) {
    startMs = Math.min(startMs, span.offsetMs);
    endMs = Math.max(endMs, span.offsetMs + span.durationMs);
  }
  if (startMs === Infinity) return { startMs: 0, widthMs: 1 };
  return { startMs, widthMs: Math.max(endMs - startMs, 0.001) };
}

/** Where the text of a bar stands so that it is always inside the picture and never on another text. */
export function labelSide(
  row: Pick<WaterfallRow, 'startPercent' | 'widthPercent'>,
): 'after' | 'inside' | 'before' {
  if (row.widthPercent > 20) return 'inside';
  return row.startPercent + row.widthPercent > 82 ? 'before' : 'after';
}

/** Marks of the ruler above the bars: offset in milliseconds and place in per cent. */
export function rulerMarks(spans: readonly Span[], marks = 5): { offsetMs: number; percent: number }[] {
  const { startMs, widthMs } = extent(spans);
  return Array.from({ length: marks }, (_, index) => {
    const share = index / (marks - 1);
    return { offsetMs: startMs + share * widthMs, percent: share * 100 };
  });
}

/** Each service its colour token, in the order in which they appear; the ninth begins anew. */
export function serviceColours(spans: readonly Span[]): Map<string, string> {
  const colours = new Map<string, string>();
  for (const { service } of spans) {
    if (!colours.has(service)) colours.set(service, `series-${(colours.size % 8) + 1}`);
  }
  return colours;
}
