import type {
  ExponentialHistogramBlock,
  HistogramBlock,
  NumberBlock,
  SummaryBlock,
} from '../metric-blocks.ts';
import type { OpenBlocks } from '../open-blocks.ts';
import {
  acceptPoint,
  appendExponential,
  appendHistogram,
  appendNumber,
  appendPoint,
  appendSummary,
  MetricHead,
  PointRow,
  type MetricBlocks,
} from '../point-row.ts';
import type { RequestContext } from '../request-context.ts';
import { readEnvelope } from './envelope.ts';
import { takeText, takeVarint } from './fields.ts';
import { readExponential, readHistogram, readNumber, readSummary, PointRanges } from './points.ts';
import {
  writeFixedCounts,
  writeVarintCounts,
  writeDoubles,
  writeExemplars,
  writePointAttributes,
  writeQuantiles,
} from './point-lists.ts';
import { Ranges, Wire, wireBytes } from './wire.ts';

const head = new MetricHead();
const row = new PointRow();
const ranges = new PointRanges();
const datas = new Ranges();
const points = new Ranges();

/** Field numbers of Metric.data. */
const gauge = 5;
const sum = 7;
const histogram = 9;
const exponential = 10;
const summary = 11;

/** Decodes an ExportMetricsServiceRequest into blocks of the five metric tables. Throws DecodeError. */
export function decodeMetrics(body: Buffer, blocks: MetricBlocks, context: RequestContext): void {
  readEnvelope(new Wire(body), context, (wire, items) => {
    for (let index = 0; index < items.count; index++) {
      items.visit(wire, index);
      const kind = readMetric(wire);
      if (kind === 0) continue;
      datas.visit(wire, datas.count - 1);
      readData(wire);
      for (let point = 0; point < points.count; point++) {
        points.visit(wire, point);
        readPoint(kind, wire, blocks, context);
      }
    }
  });
}

/** Reads the head of a metric; its data lies in the last of `datas`. */
function readMetric(wire: Wire): number {
  head.clear();
  datas.clear();
  let kind = 0;
  while (wire.next()) {
    const field = wire.field;
    if (field === 1) takeText(wire, head.name);
    else if (field === 2) takeText(wire, head.description);
    else if (field === 3) takeText(wire, head.unit);
    else if (
      wire.wire === wireBytes &&
      (field === gauge || field === sum || (field >= histogram && field <= summary))
    ) {
      datas.add(wire);
      kind = field;
    } else wire.skip();
  }
  return kind;
}

function readData(wire: Wire): void {
  points.clear();
  while (wire.next()) {
    if (wire.field === 1 && wire.wire === wireBytes) points.add(wire);
    else if (wire.field === 2) head.temporality = takeVarint(wire, head.temporality);
    else if (wire.field === 3) head.isMonotonic = takeVarint(wire, 0) !== 0;
    else wire.skip();
  }
}

function readPoint(kind: number, wire: Wire, blocks: MetricBlocks, context: RequestContext): void {
  row.clear();
  ranges.clear();
  if (kind === gauge) readNumberPoint(wire, blocks.gauge, context);
  else if (kind === sum) readNumberPoint(wire, blocks.sum, context);
  else if (kind === histogram) readHistogramPoint(wire, blocks.histogram, context);
  else if (kind === exponential) readExponentialPoint(wire, blocks.exponential, context);
  else readSummaryPoint(wire, blocks.summary, context);
}

function readNumberPoint(wire: Wire, blocks: OpenBlocks<NumberBlock>, context: RequestContext): void {
  readNumber(wire, row, ranges);
  if (!acceptPoint(row, context)) return;
  const block = blocks.room();
  appendPoint(block.common, block.set.use, head, row, context);
  appendNumber(block, head, row);
  writePointAttributes(wire, ranges.attributes, block.common.attributes);
  writeExemplars(wire, ranges.exemplars, block.exemplars);
}

function readHistogramPoint(wire: Wire, blocks: OpenBlocks<HistogramBlock>, context: RequestContext): void {
  readHistogram(wire, row, ranges);
  if (!acceptPoint(row, context)) return;
  const block = blocks.room();
  appendPoint(block.common, block.set.use, head, row, context);
  writeFixedCounts(wire, ranges.counts, block.bucketCounts.inner);
  writeDoubles(wire, ranges.bounds, block.explicitBounds.inner);
  appendHistogram(block, head, row);
  writePointAttributes(wire, ranges.attributes, block.common.attributes);
  writeExemplars(wire, ranges.exemplars, block.exemplars);
}

function readExponentialPoint(
  wire: Wire,
  blocks: OpenBlocks<ExponentialHistogramBlock>,
  context: RequestContext,
): void {
  readExponential(wire, row, ranges);
  if (!acceptPoint(row, context)) return;
  const block = blocks.room();
  appendPoint(block.common, block.set.use, head, row, context);
  writeVarintCounts(wire, ranges.counts, block.positiveCounts.inner);
  writeVarintCounts(wire, ranges.negativeCounts, block.negativeCounts.inner);
  appendExponential(block, head, row);
  writePointAttributes(wire, ranges.attributes, block.common.attributes);
  writeExemplars(wire, ranges.exemplars, block.exemplars);
}

function readSummaryPoint(wire: Wire, blocks: OpenBlocks<SummaryBlock>, context: RequestContext): void {
  readSummary(wire, row, ranges);
  if (!acceptPoint(row, context)) return;
  const block = blocks.room();
  appendPoint(block.common, block.set.use, head, row, context);
  writeQuantiles(wire, ranges.quantiles, block.quantiles.inner, block.quantileValues.inner);
  appendSummary(block, row);
  writePointAttributes(wire, ranges.attributes, block.common.attributes);
}
