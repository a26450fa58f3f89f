import type { LowCardinalityColumn } from './low-cardinality.ts';
import type { RequestContext } from './request-context.ts';
import { IdRef, setDifference, TextRef, Word64 } from './row-fields.ts';
import type { TraceBlock } from './trace-block.ts';

export const traceIdSize = 16;
export const spanIdSize = 8;

type Names = readonly [Buffer, ...Buffer[]];

const name = (text: string): Buffer => Buffer.from(text, 'latin1');
const kinds: Names = [
  name('Unspecified'),
  name('Internal'),
  name('Server'),
  name('Client'),
  name('Producer'),
  name('Consumer'),
];
const statuses: Names = [name('Unset'), name('Ok'), name('Error')];
const duration = new Word64();

/** The fields of the span at hand; one object serves all spans. */
export class SpanRow {
  readonly traceId = new IdRef();
  readonly spanId = new IdRef();
  readonly parentSpanId = new IdRef();
  readonly traceState = new TextRef();
  readonly name = new TextRef();
  readonly statusMessage = new TextRef();
  readonly start = new Word64();
  readonly end = new Word64();
  kind = 0;
  statusCode = 0;
  hasBadLink = false;

  clear(): void {
    this.traceId.clear();
    this.spanId.clear();
    this.parentSpanId.clear();
    this.traceState.clear();
    this.name.clear();
    this.statusMessage.clear();
    this.start.clear();
    this.end.clear();
    this.kind = 0;
    this.statusCode = 0;
    this.hasBadLink = false;
  }
}

/** Judges a span; a refused one is counted with its reason. */
export function acceptSpan(row: SpanRow, context: RequestContext): boolean {
  context.outcome.received++;
  const idsAreRight =
    row.traceId.isPresent(traceIdSize) &&
    row.spanId.isPresent(spanIdSize) &&
    row.parentSpanId.isPresentOrAbsent(spanIdSize) &&
    !row.hasBadLink;
  if (!idsAreRight) return context.reject('bad_id');
  if (!context.inWindow(row.start)) return false;
  if (row.end.approximate > context.window.newestNs) return context.reject('too_new');
  context.outcome.accepted++;
  return true;
}

function appendName(column: LowCardinalityColumn, names: Names, code: number): void {
  const bytes = names[code] ?? names[0];
  column.appendBytes(bytes, 0, bytes.length);
}

/** Appends all of a span but its attributes, events and links. */
export function appendSpan(block: TraceBlock, row: SpanRow, context: RequestContext): void {
  const use = block.set.use;
  block.timestamp.append(row.start.low, row.start.high);
  row.traceId.appendTo(block.traceId);
  row.spanId.appendTo(block.spanId);
  row.parentSpanId.appendTo(block.parentSpanId);
  block.traceState.appendBytes(row.traceState.source, row.traceState.from, row.traceState.to);
  block.spanName.appendBytes(row.name.source, row.name.from, row.name.to);
  appendName(block.spanKind, kinds, row.kind);
  context.service.appendTo(block.serviceName, use);
  context.resource.appendTo(block.resourceAttributes, use);
  context.scopeName.appendTo(block.scopeName, use);
  context.scopeVersion.appendTo(block.scopeVersion, use);
  setDifference(duration, row.end, row.start);
  block.duration.append(duration.low, duration.high);
  appendName(block.statusCode, statuses, row.statusCode);
  block.statusMessage.appendBytes(row.statusMessage.source, row.statusMessage.from, row.statusMessage.to);
  block.ingestTime.append(context.ingest.low, context.ingest.high);
}

/** Closes the row of the events' and links' columns, whatever was appended to them. */
export function endLists(block: TraceBlock): void {
  block.eventTimes.endRow();
  block.eventNames.endRow();
  block.eventAttributes.endRow();
  block.linkTraceIds.endRow();
  block.linkSpanIds.endRow();
  block.linkTraceStates.endRow();
  block.linkAttributes.endRow();
}
