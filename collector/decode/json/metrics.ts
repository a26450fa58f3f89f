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
import { envelopeNames, readEnvelope } from './envelope.ts';
import { KeyTable } from './key-table.ts';
import {
  PointPlaces,
  readPoint,
  writeCounts,
  writeDoubles,
  writeExemplars,
  writeQuantiles,
} from './points.ts';
import type { JsonReader } from './reader.ts';

const names = envelopeNames('resourceMetrics', 'scopeMetrics', 'metrics', false);
const kinds = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'] as const;
type Kind = (typeof kinds)[number];
const metricKeys = new KeyTable(['name', 'description', 'unit', ...kinds]);
const dataKeys = new KeyTable(['dataPoints', 'aggregationTemporality', 'isMonotonic']);
const temporalityNames = ['UNSPECIFIED', 'DELTA', 'CUMULATIVE'].map(
  (name) => `AGGREGATION_TEMPORALITY_${name}`,
);

const head = new MetricHead();
const row = new PointRow();
const places = new PointPlaces();

/** Decodes an ExportMetricsServiceRequest in JSON into blocks of the five metric tables. Throws DecodeError. */
export function decodeMetrics(body: Buffer, blocks: MetricBlocks, context: RequestContext): void {
  readEnvelope(body, names, context, (reader) => {
    const data = readMetric(reader);
    if (data) reader.visit(data.at, () => readData(reader, data.kind, blocks, context));
  });
}

/** Reads the head of a metric and tells where its data begins. */
function readMetric(reader: JsonReader): { kind: Kind; at: number } | undefined {
  head.clear();
  let data: { kind: Kind; at: number } | undefined;
  if (!reader.openObject()) return undefined;
  for (;;) {
    const name = reader.nextMember(metricKeys);
    if (name === undefined) return data;
    if (name === 'name') reader.readText(head.name);
    else if (name === 'description') reader.readText(head.description);
    else if (name === 'unit') reader.readText(head.unit);
    else if (name === '') reader.skip();
    else if (!reader.readNull()) {
      data = { kind: name, at: reader.at };
      reader.skip();
    }
  }
}

function readData(reader: JsonReader, kind: Kind, blocks: MetricBlocks, context: RequestContext): void {
  let pointsAt = -1;
  reader.openObject();
  for (;;) {
    const name = reader.nextMember(dataKeys);
    if (name === undefined) break;
    if (name === 'aggregationTemporality') head.temporality = reader.readInteger(temporalityNames);
    else if (name === 'isMonotonic') head.isMonotonic = reader.readBoolean();
    else {
      if (name === 'dataPoints') pointsAt = reader.at;
      reader.skip();
    }
  }
  if (pointsAt < 0) return;
  reader.visit(pointsAt, () => {
    if (!reader.openArray()) return;
    while (reader.nextElement()) {
      readPoint(reader, row, places);
      if (acceptPoint(row, context)) writePoint(reader, kind, blocks, context);
    }
  });
}

function writePoint(reader: JsonReader, kind: Kind, blocks: MetricBlocks, context: RequestContext): void {
  if (kind === 'gauge' || kind === 'sum') return writeNumber(reader, kind, blocks, context);
  if (kind === 'histogram') return writeHistogram(reader, blocks, context);
  if (kind === 'exponentialHistogram') return writeExponential(reader, blocks, context);
  const block = blocks.summary.room();
  appendPoint(block.common, block.set.use, head, row, context);
  places.attributes.appendTo(block.common.attributes, block.set.use);
  writeQuantiles(reader, places.quantiles, block.quantiles.inner, block.quantileValues.inner);
  appendSummary(block, row);
}

function writeNumber(
  reader: JsonReader,
  kind: 'gauge' | 'sum',
  blocks: MetricBlocks,
  context: RequestContext,
): void {
  const block = blocks[kind].room();
  appendPoint(block.common, block.set.use, head, row, context);
  places.attributes.appendTo(block.common.attributes, block.set.use);
  writeExemplars(reader, places.exemplars, block.exemplars);
  appendNumber(block, head, row);
}

function writeHistogram(reader: JsonReader, blocks: MetricBlocks, context: RequestContext): void {
  const block = blocks.histogram.room();
  appendPoint(block.common, block.set.use, head, row, context);
  places.attributes.appendTo(block.common.attributes, block.set.use);
  writeExemplars(reader, places.exemplars, block.exemplars);
  writeCounts(reader, places.counts, block.bucketCounts.inner);
  writeDoubles(reader, places.bounds, block.explicitBounds.inner);
  appendHistogram(block, head, row);
}

function writeExponential(reader: JsonReader, blocks: MetricBlocks, context: RequestContext): void {
  const block = blocks.exponential.room();
  appendPoint(block.common, block.set.use, head, row, context);
  places.attributes.appendTo(block.common.attributes, block.set.use);
  writeExemplars(reader, places.exemplars, block.exemplars);
  writeCounts(reader, places.counts, block.positiveCounts.inner);
  writeCounts(reader, places.negativeCounts, block.negativeCounts.inner);
  appendExponential(block, head, row);
}
