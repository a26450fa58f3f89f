import type { Column64 } from '../columns.ts';
import { int64Double } from '../int64-text.ts';
import type { ExemplarColumns } from '../metric-blocks.ts';
import { SharedMap } from '../nested-columns.ts';
import type { PointRow } from '../point-row.ts';
import { IdRef, Word64 } from '../row-fields.ts';
import { readId } from './ids.ts';
import { KeyTable } from './key-table.ts';
import type { JsonReader } from './reader.ts';
import { addAttributes, appendAttributes } from './values.ts';

const pointKeys = new KeyTable([
  'attributes',
  'startTimeUnixNano',
  'timeUnixNano',
  'asDouble',
  'asInt',
  'exemplars',
  'flags',
  'count',
  'sum',
  'bucketCounts',
  'explicitBounds',
  'min',
  'max',
  'scale',
  'zeroCount',
  'positive',
  'negative',
  'quantileValues',
]);
const bucketKeys = new KeyTable(['offset', 'bucketCounts']);
const quantileKeys = new KeyTable(['quantile', 'value']);
const exemplarKeys = new KeyTable([
  'filteredAttributes',
  'timeUnixNano',
  'asDouble',
  'asInt',
  'spanId',
  'traceId',
]);

const word = new Word64();
const time = new Word64();
const spanId = new IdRef();
const traceId = new IdRef();

/** The lists of the data point at hand: where they begin, -1 for absent ones. Its attributes are read already. */
export class PointPlaces {
  readonly attributes = new SharedMap();
  exemplars = -1;
  counts = -1;
  negativeCounts = -1;
  bounds = -1;
  quantiles = -1;

  clear(): void {
    this.attributes.clear();
    this.exemplars = -1;
    this.counts = -1;
    this.negativeCounts = -1;
    this.bounds = -1;
    this.quantiles = -1;
  }
}

function readIntAsDouble(reader: JsonReader): number {
  reader.readInt64(word);
  return int64Double(word.low, word.high);
}

/** Where a list begins that is read later. */
function place(reader: JsonReader): number {
  const at = reader.at;
  reader.skip();
  return at;
}

/** Reads a data point of any kind: their members differ but do not clash. */
export function readPoint(reader: JsonReader, row: PointRow, places: PointPlaces): void {
  row.clear();
  places.clear();
  if (!reader.openObject()) return;
  for (;;) {
    const name = reader.nextMember(pointKeys);
    if (name === undefined) return;
    if (!readScalar(reader, row, name) && !readList(reader, row, places, name)) reader.skip();
  }
}

function readScalar(reader: JsonReader, row: PointRow, name: string): boolean {
  if (name === 'startTimeUnixNano') reader.readInt64(row.start);
  else if (name === 'timeUnixNano') reader.readInt64(row.time);
  else if (name === 'asDouble') row.value = reader.readDouble();
  else if (name === 'asInt') row.value = readIntAsDouble(reader);
  else if (name === 'flags') row.flags = reader.readInteger();
  else if (name === 'count') reader.readInt64(row.count);
  else if (name === 'sum') row.sum = reader.readDouble();
  else if (name === 'min') row.min = reader.readDouble();
  else if (name === 'max') row.max = reader.readDouble();
  else if (name === 'scale') row.scale = reader.readInteger();
  else if (name === 'zeroCount') reader.readInt64(row.zeroCount);
  else return false;
  return true;
}

function readList(reader: JsonReader, row: PointRow, places: PointPlaces, name: string): boolean {
  if (name === 'attributes') addAttributes(reader, places.attributes);
  else if (name === 'exemplars') places.exemplars = place(reader);
  else if (name === 'bucketCounts') places.counts = place(reader);
  else if (name === 'explicitBounds') places.bounds = place(reader);
  else if (name === 'quantileValues') places.quantiles = place(reader);
  else if (name === 'positive')
    readBuckets(
      reader,
      (offset) => (row.positiveOffset = offset),
      (at) => (places.counts = at),
    );
  else if (name === 'negative')
    readBuckets(
      reader,
      (offset) => (row.negativeOffset = offset),
      (at) => (places.negativeCounts = at),
    );
  else return false;
  return true;
}

function readBuckets(
  reader: JsonReader,
  setOffset: (offset: number) => void,
  setCounts: (at: number) => void,
): void {
  if (!reader.openObject()) return;
  for (;;) {
    const name = reader.nextMember(bucketKeys);
    if (name === undefined) return;
    if (name === 'offset') setOffset(reader.readInteger());
    else if (name === 'bucketCounts') setCounts(place(reader));
    else reader.skip();
  }
}

function eachAt(reader: JsonReader, at: number, visit: () => void): void {
  if (at < 0) return;
  reader.visit(at, () => {
    if (!reader.openArray()) return;
    while (reader.nextElement()) visit();
  });
}

export function writeCounts(reader: JsonReader, at: number, column: Column64): void {
  eachAt(reader, at, () => {
    reader.readInt64(word);
    column.append(word.low, word.high);
  });
}

export function writeDoubles(reader: JsonReader, at: number, column: Column64): void {
  eachAt(reader, at, () => column.appendFloat(reader.readDouble()));
}

export function writeQuantiles(reader: JsonReader, at: number, quantiles: Column64, values: Column64): void {
  eachAt(reader, at, () => {
    let quantile = 0;
    let value = 0;
    if (reader.openObject())
      for (;;) {
        const name = reader.nextMember(quantileKeys);
        if (name === undefined) break;
        if (name === 'quantile') quantile = reader.readDouble();
        else if (name === 'value') value = reader.readDouble();
        else reader.skip();
      }
    quantiles.appendFloat(quantile);
    values.appendFloat(value);
  });
}

export function writeExemplars(reader: JsonReader, at: number, columns: ExemplarColumns): void {
  eachAt(reader, at, () => writeExemplar(reader, columns));
  columns.endRow();
}

function writeExemplar(reader: JsonReader, columns: ExemplarColumns): void {
  const map = columns.attributes.inner;
  let value = 0;
  time.clear();
  spanId.clear();
  traceId.clear();
  if (reader.openObject())
    for (;;) {
      const name = reader.nextMember(exemplarKeys);
      if (name === undefined) break;
      if (name === 'timeUnixNano') reader.readInt64(time);
      else if (name === 'asDouble') value = reader.readDouble();
      else if (name === 'asInt') value = readIntAsDouble(reader);
      else if (name === 'spanId') readId(reader, spanId);
      else if (name === 'traceId') readId(reader, traceId);
      else if (name === 'filteredAttributes') appendAttributes(reader, map);
      else reader.skip();
    }
  map.endRow();
  columns.times.inner.append(time.low, time.high);
  columns.values.inner.appendFloat(value);
  spanId.appendTo(columns.spanIds.inner);
  traceId.appendTo(columns.traceIds.inner);
}
