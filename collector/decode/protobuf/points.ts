import { int64Double } from '../int64-text.ts';
import type { PointRow } from '../point-row.ts';
import { takeDouble, takeFixed64, takeVarint, takeZigzag } from './fields.ts';
import { Ranges, wireBytes, wireFixed64, wireVarint, type Wire } from './wire.ts';

/** The repeated fields of the data point at hand, visited once the point is accepted. */
export class PointRanges {
  readonly attributes = new Ranges();
  readonly exemplars = new Ranges();
  readonly counts = new Ranges();
  readonly negativeCounts = new Ranges();
  readonly bounds = new Ranges();
  readonly quantiles = new Ranges();

  clear(): void {
    this.attributes.clear();
    this.exemplars.clear();
    this.counts.clear();
    this.negativeCounts.clear();
    this.bounds.clear();
    this.quantiles.clear();
  }
}

function note(wire: Wire, ranges: Ranges): void {
  if (wire.wire === wireBytes) ranges.add(wire);
  else wire.skip();
}

/** NumberDataPoint, of a gauge or a sum. */
export function readNumber(wire: Wire, row: PointRow, ranges: PointRanges): void {
  while (wire.next()) {
    const field = wire.field;
    if (field === 2) takeFixed64(wire, row.start);
    else if (field === 3) takeFixed64(wire, row.time);
    else if (field === 4) row.value = takeDouble(wire, row.value);
    else if (field === 5) note(wire, ranges.exemplars);
    else if (field === 6 && wire.wire === wireFixed64) {
      wire.fixed64();
      row.value = int64Double(wire.low, wire.high);
    } else if (field === 7) note(wire, ranges.attributes);
    else if (field === 8) row.flags = takeVarint(wire, row.flags);
    else wire.skip();
  }
}

/** A list of 64-bit numbers: packed, or one by one as older encoders write it. */
function noteNumbers(wire: Wire, ranges: Ranges): void {
  if (wire.wire === wireFixed64) ranges.addFixed64(wire);
  else note(wire, ranges);
}

export function readHistogram(wire: Wire, row: PointRow, ranges: PointRanges): void {
  while (wire.next()) {
    const field = wire.field;
    if (field === 2) takeFixed64(wire, row.start);
    else if (field === 3) takeFixed64(wire, row.time);
    else if (field === 4) takeFixed64(wire, row.count);
    else if (field === 5) row.sum = takeDouble(wire, row.sum);
    else if (field === 6) noteNumbers(wire, ranges.counts);
    else if (field === 7) noteNumbers(wire, ranges.bounds);
    else if (field === 8) note(wire, ranges.exemplars);
    else if (field === 9) note(wire, ranges.attributes);
    else if (field === 10) row.flags = takeVarint(wire, row.flags);
    else if (field === 11) row.min = takeDouble(wire, row.min);
    else if (field === 12) row.max = takeDouble(wire, row.max);
    else wire.skip();
  }
}

export function readExponential(wire: Wire, row: PointRow, ranges: PointRanges): void {
  while (wire.next()) {
    const field = wire.field;
    if (field === 1) note(wire, ranges.attributes);
    else if (field === 2) takeFixed64(wire, row.start);
    else if (field === 3) takeFixed64(wire, row.time);
    else if (field === 4) takeFixed64(wire, row.count);
    else if (field === 5) row.sum = takeDouble(wire, row.sum);
    else if (field === 6) row.scale = takeZigzag(wire, row.scale);
    else if (field === 7) takeFixed64(wire, row.zeroCount);
    else if (field === 8) row.positiveOffset = readBuckets(wire, ranges.counts, row.positiveOffset);
    else if (field === 9) row.negativeOffset = readBuckets(wire, ranges.negativeCounts, row.negativeOffset);
    else if (field === 10) row.flags = takeVarint(wire, row.flags);
    else if (field === 11) note(wire, ranges.exemplars);
    else if (field === 12) row.min = takeDouble(wire, row.min);
    else if (field === 13) row.max = takeDouble(wire, row.max);
    else wire.skip();
  }
}

function readBuckets(wire: Wire, counts: Ranges, otherwise: number): number {
  if (wire.wire !== wireBytes) {
    wire.skip();
    return otherwise;
  }
  const to = wire.lengthEnd();
  const outer = wire.end;
  wire.end = to;
  const offset = readBucketFields(wire, counts, otherwise);
  wire.visit(to, outer);
  return offset;
}

function readBucketFields(wire: Wire, counts: Ranges, otherwise: number): number {
  let offset = otherwise;
  while (wire.next()) {
    if (wire.field === 1) offset = takeZigzag(wire, offset);
    else if (wire.field === 2 && wire.wire === wireVarint) counts.addVarint(wire);
    else if (wire.field === 2) note(wire, counts);
    else wire.skip();
  }
  return offset;
}

export function readSummary(wire: Wire, row: PointRow, ranges: PointRanges): void {
  while (wire.next()) {
    const field = wire.field;
    if (field === 2) takeFixed64(wire, row.start);
    else if (field === 3) takeFixed64(wire, row.time);
    else if (field === 4) takeFixed64(wire, row.count);
    else if (field === 5) row.sum = takeDouble(wire, row.sum);
    else if (field === 6) note(wire, ranges.quantiles);
    else if (field === 7) note(wire, ranges.attributes);
    else if (field === 8) row.flags = takeVarint(wire, row.flags);
    else wire.skip();
  }
}
