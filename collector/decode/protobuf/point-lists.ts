import type { Column64 } from '../columns.ts';
import { int64Double } from '../int64-text.ts';
import type { ExemplarColumns } from '../metric-blocks.ts';
import type { MapColumn } from '../nested-columns.ts';
import { IdRef, Word64 } from '../row-fields.ts';
import { appendAttribute, appendAttributeField } from './attributes.ts';
import { takeDouble, takeFixed64, takeId } from './fields.ts';
import { wireBytes, wireFixed64, type Ranges, type Wire } from './wire.ts';

const time = new Word64();
const spanId = new IdRef();
const traceId = new IdRef();

export function writePointAttributes(wire: Wire, ranges: Ranges, map: MapColumn): void {
  for (let index = 0; index < ranges.count; index++) {
    ranges.visit(wire, index);
    appendAttribute(wire, map);
  }
  map.endRow();
}

/** Appends fixed64 bucket counts of an explicit histogram. */
export function writeFixedCounts(wire: Wire, ranges: Ranges, column: Column64): void {
  for (let index = 0; index < ranges.count; index++) {
    ranges.visit(wire, index);
    while (wire.at < wire.end) {
      wire.fixed64();
      column.append(wire.low, wire.high);
    }
  }
}

/** Appends varint bucket counts of an exponential histogram. */
export function writeVarintCounts(wire: Wire, ranges: Ranges, column: Column64): void {
  for (let index = 0; index < ranges.count; index++) {
    ranges.visit(wire, index);
    while (wire.at < wire.end) {
      wire.varint64();
      column.append(wire.low, wire.high);
    }
  }
}

export function writeDoubles(wire: Wire, ranges: Ranges, column: Column64): void {
  for (let index = 0; index < ranges.count; index++) {
    ranges.visit(wire, index);
    while (wire.at < wire.end) column.appendFloat(wire.double());
  }
}

export function writeQuantiles(wire: Wire, ranges: Ranges, quantiles: Column64, values: Column64): void {
  for (let index = 0; index < ranges.count; index++) {
    ranges.visit(wire, index);
    let quantile = 0;
    let value = 0;
    while (wire.next()) {
      if (wire.field === 1) quantile = takeDouble(wire, quantile);
      else if (wire.field === 2) value = takeDouble(wire, value);
      else wire.skip();
    }
    quantiles.appendFloat(quantile);
    values.appendFloat(value);
  }
}

export function writeExemplars(wire: Wire, ranges: Ranges, columns: ExemplarColumns): void {
  for (let index = 0; index < ranges.count; index++) {
    ranges.visit(wire, index);
    writeExemplar(wire, columns);
  }
  columns.endRow();
}

function writeExemplar(wire: Wire, columns: ExemplarColumns): void {
  const map = columns.attributes.inner;
  let value = 0;
  time.clear();
  spanId.clear();
  traceId.clear();
  while (wire.next()) {
    const field = wire.field;
    if (field === 2) takeFixed64(wire, time);
    else if (field === 3) value = takeDouble(wire, value);
    else if (field === 4) takeId(wire, spanId);
    else if (field === 5) takeId(wire, traceId);
    else if (field === 6 && wire.wire === wireFixed64) {
      wire.fixed64();
      value = int64Double(wire.low, wire.high);
    } else if (field === 7 && wire.wire === wireBytes) appendAttributeField(wire, map);
    else wire.skip();
  }
  map.endRow();
  columns.times.inner.append(time.low, time.high);
  columns.values.inner.appendFloat(value);
  spanId.appendTo(columns.spanIds.inner);
  traceId.appendTo(columns.traceIds.inner);
}
