import type { LogBlock } from './log-block.ts';
import type { RequestContext } from './request-context.ts';
import { IdRef, TextRef, Word64 } from './row-fields.ts';
import { spanIdSize, traceIdSize } from './span-row.ts';

/** The fields of the log record at hand; one object serves all records. */
export class LogRow {
  readonly time = new Word64();
  readonly observed = new Word64();
  readonly traceId = new IdRef();
  readonly spanId = new IdRef();
  readonly severityText = new TextRef();
  readonly eventName = new TextRef();
  severityNumber = 0;
  flags = 0;

  clear(): void {
    this.time.clear();
    this.observed.clear();
    this.traceId.clear();
    this.spanId.clear();
    this.severityText.clear();
    this.eventName.clear();
    this.severityNumber = 0;
    this.flags = 0;
  }
}

/** Judges a record; one without a time takes the time it was observed, or else the time it came in. */
export function acceptLog(row: LogRow, context: RequestContext): boolean {
  context.outcome.received++;
  if (!row.traceId.isPresentOrAbsent(traceIdSize) || !row.spanId.isPresentOrAbsent(spanIdSize))
    return context.reject('bad_id');
  if (row.time.isZero) row.time.set(row.observed.low, row.observed.high);
  if (row.time.isZero) row.time.setBigInt(BigInt(context.window.ingestMs) * 1_000_000n);
  if (!context.inWindow(row.time)) return false;
  context.outcome.accepted++;
  return true;
}

/** Appends all of a log record but its body and its attributes. */
export function appendLog(block: LogBlock, row: LogRow, context: RequestContext): void {
  const use = block.set.use;
  block.timestamp.append(row.time.low, row.time.high);
  row.traceId.appendTo(block.traceId);
  row.spanId.appendTo(block.spanId);
  block.traceFlags.append(row.flags & 255);
  block.severityText.appendBytes(row.severityText.source, row.severityText.from, row.severityText.to);
  block.severityNumber.append(Math.min(255, Math.max(0, row.severityNumber)));
  context.service.appendTo(block.serviceName, use);
  context.resourceSchemaUrl.appendTo(block.resourceSchemaUrl, use);
  context.resource.appendTo(block.resourceAttributes, use);
  context.scopeSchemaUrl.appendTo(block.scopeSchemaUrl, use);
  context.scopeName.appendTo(block.scopeName, use);
  context.scopeVersion.appendTo(block.scopeVersion, use);
  context.scope.appendTo(block.scopeAttributes, use);
  block.eventName.appendBytes(row.eventName.source, row.eventName.from, row.eventName.to);
  block.ingestTime.append(context.ingest.low, context.ingest.high);
}
