import type { MetricColumns } from './metric-blocks.ts';
import { HistogramBlock, ExponentialHistogramBlock, NumberBlock, SummaryBlock } from './metric-blocks.ts';
import { OpenBlocks, type BlockLimits } from './open-blocks.ts';
import type { RequestContext } from './request-context.ts';
import { TextRef, Word64 } from './row-fields.ts';

/** The open blocks of the five metric tables. */
export interface MetricBlocks {
  readonly gauge: OpenBlocks<NumberBlock>;
  readonly sum: OpenBlocks<NumberBlock>;
  readonly histogram: OpenBlocks<HistogramBlock>;
  readonly exponential: OpenBlocks<ExponentialHistogramBlock>;
  readonly summary: OpenBlocks<SummaryBlock>;
}

export function openMetricBlocks(seed: number, limits: BlockLimits): MetricBlocks {
  return {
    gauge: new OpenBlocks(() => new NumberBlock('otel_metrics_gauge', seed), limits),
    sum: new OpenBlocks(() => new NumberBlock('otel_metrics_sum', seed), limits),
    histogram: new OpenBlocks(() => new HistogramBlock(seed), limits),
    exponential: new OpenBlocks(() => new ExponentialHistogramBlock(seed), limits),
    summary: new OpenBlocks(() => new SummaryBlock(seed), limits),
  };
}

/** What the points of one metric share. */
export class MetricHead {
  readonly name = new TextRef();
  readonly description = new TextRef();
  readonly unit = new TextRef();
  temporality = 0;
  isMonotonic = false;

  clear(): void {
    this.name.clear();
    this.description.clear();
    this.unit.clear();
    this.temporality = 0;
    this.isMonotonic = false;
  }
}

/** The scalar fields of the data point at hand, whatever its kind. */
export class PointRow {
  readonly start = new Word64();
  readonly time = new Word64();
  readonly count = new Word64();
  readonly zeroCount = new Word64();
  flags = 0;
  value = 0;
  sum = 0;
  min = 0;
  max = 0;
  scale = 0;
  positiveOffset = 0;
  negativeOffset = 0;

  clear(): void {
    this.start.clear();
    this.time.clear();
    this.count.clear();
    this.zeroCount.clear();
    this.flags = 0;
    this.value = 0;
    this.sum = 0;
    this.min = 0;
    this.max = 0;
    this.scale = 0;
    this.positiveOffset = 0;
    this.negativeOffset = 0;
  }
}

/** Judges a data point by the time it was taken; when its series started does not matter. */
export function acceptPoint(row: PointRow, context: RequestContext): boolean {
  context.outcome.received++;
  if (!context.inWindow(row.time)) return false;
  context.outcome.accepted++;
  return true;
}

/** Appends what every kind of point has, but its attributes. */
export function appendPoint(
  columns: MetricColumns,
  use: number,
  head: MetricHead,
  row: PointRow,
  context: RequestContext,
): void {
  context.resource.appendTo(columns.resourceAttributes, use);
  context.resourceSchemaUrl.appendTo(columns.resourceSchemaUrl, use);
  context.scopeName.appendTo(columns.scopeName, use);
  context.scopeVersion.appendTo(columns.scopeVersion, use);
  context.scope.appendTo(columns.scopeAttributes, use);
  columns.scopeDroppedAttributes.append(context.scopeDroppedAttributes);
  context.scopeSchemaUrl.appendTo(columns.scopeSchemaUrl, use);
  context.service.appendTo(columns.serviceName, use);
  columns.name.appendBytes(head.name.source, head.name.from, head.name.to);
  columns.description.appendBytes(head.description.source, head.description.from, head.description.to);
  columns.unit.appendBytes(head.unit.source, head.unit.from, head.unit.to);
  columns.startTime.append(row.start.low, row.start.high);
  columns.time.append(row.time.low, row.time.high);
  columns.flags.append(row.flags);
  columns.ingestTime.append(context.ingest.low, context.ingest.high);
}

export function appendNumber(block: NumberBlock, head: MetricHead, row: PointRow): void {
  block.value.appendFloat(row.value);
  if (block.table === 'otel_metrics_gauge') return;
  block.temporality.append(head.temporality);
  block.monotonic.append(head.isMonotonic ? 1 : 0);
}

export function appendHistogram(block: HistogramBlock, head: MetricHead, row: PointRow): void {
  block.count.append(row.count.low, row.count.high);
  block.sum.appendFloat(row.sum);
  block.min.appendFloat(row.min);
  block.max.appendFloat(row.max);
  block.temporality.append(head.temporality);
  block.bucketCounts.endRow();
  block.explicitBounds.endRow();
}

export function appendExponential(block: ExponentialHistogramBlock, head: MetricHead, row: PointRow): void {
  block.count.append(row.count.low, row.count.high);
  block.sum.appendFloat(row.sum);
  block.scale.append(row.scale);
  block.zeroCount.append(row.zeroCount.low, row.zeroCount.high);
  block.positiveOffset.append(row.positiveOffset);
  block.negativeOffset.append(row.negativeOffset);
  block.min.appendFloat(row.min);
  block.max.appendFloat(row.max);
  block.temporality.append(head.temporality);
  block.positiveCounts.endRow();
  block.negativeCounts.endRow();
}

export function appendSummary(block: SummaryBlock, row: PointRow): void {
  block.count.append(row.count.low, row.count.high);
  block.sum.appendFloat(row.sum);
  block.quantiles.endRow();
  block.quantileValues.endRow();
}
