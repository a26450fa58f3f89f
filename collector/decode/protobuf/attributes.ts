import type { TextColumn } from '../columns.ts';
import { DecodeError } from '../decode-error.ts';
import type { MapColumn, SharedMap } from '../nested-columns.ts';
import type { RequestContext } from '../request-context.ts';
import { int64Text } from '../int64-text.ts';
import { doubleJson, doubleText } from '../double-text.ts';
import { valueDepthMax } from '../value-depth.ts';
import { type Wire, wireBytes, wireFixed64, wireVarint } from './wire.ts';

/** Appends the AnyValue in the wire's present range to a text column, in the form that the exporter gives it. */
export function appendValue(wire: Wire, column: TextColumn): void {
  let kind = 0;
  let from = 0;
  let to = 0;
  let number = 0;
  let low = 0;
  let high = 0;
  while (wire.next()) {
    const field = wire.field;
    if (wire.wire === wireBytes && (field === 1 || (field >= 5 && field <= 7))) {
      to = wire.lengthEnd();
      from = wire.at;
      wire.at = to;
      kind = field;
    } else if (wire.wire === wireVarint && (field === 2 || field === 3)) {
      wire.varint64();
      low = wire.low;
      high = wire.high;
      kind = field;
    } else if (wire.wire === wireFixed64 && field === 4) {
      number = wire.double();
      kind = field;
    } else wire.skip();
  }
  if (kind === 1) column.appendBytes(wire.buffer, from, to);
  else if (kind === 0) column.appendEmpty();
  else if (kind === 2) column.appendString((low | high) !== 0 ? 'true' : 'false');
  else if (kind === 3) column.appendString(int64Text(low, high));
  else if (kind === 4) column.appendString(doubleText(number));
  else if (kind === 7) column.appendString(wire.buffer.toString('base64', from, to));
  else column.appendString(compoundJson(wire, kind, from, to, 1));
}

function compoundJson(wire: Wire, kind: number, from: number, to: number, depth: number): string {
  if (depth > valueDepthMax)
    throw new DecodeError('too_deep', `Attribute values nest deeper than ${valueDepthMax}.`);
  const end = wire.end;
  const at = wire.at;
  wire.visit(from, to);
  const members: string[] = [];
  while (wire.next()) {
    if (wire.field !== 1 || wire.wire !== wireBytes) {
      wire.skip();
      continue;
    }
    const memberEnd = wire.lengthEnd();
    const outer = wire.end;
    wire.end = memberEnd;
    members.push(kind === 5 ? valueJson(wire, depth) : entryJson(wire, depth));
    wire.visit(memberEnd, outer);
  }
  wire.visit(at, end);
  return kind === 5 ? `[${members.join(',')}]` : `{${members.join(',')}}`;
}

function entryJson(wire: Wire, depth: number): string {
  let key = '';
  let value = 'null';
  while (wire.next()) {
    if (wire.wire !== wireBytes || wire.field > 2) {
      wire.skip();
      continue;
    }
    const to = wire.lengthEnd();
    if (wire.field === 1) key = wire.buffer.toString('utf8', wire.at, to);
    else {
      const outer = wire.end;
      wire.end = to;
      value = valueJson(wire, depth);
      wire.end = outer;
    }
    wire.at = to;
  }
  return `${JSON.stringify(key)}:${value}`;
}

/** The AnyValue in the wire's present range as compact JSON. */
function valueJson(wire: Wire, depth: number): string {
  let json = 'null';
  while (wire.next()) {
    const field = wire.field;
    if (wire.wire === wireBytes && (field === 1 || (field >= 5 && field <= 7))) {
      const to = wire.lengthEnd();
      const from = wire.at;
      if (field === 1) json = JSON.stringify(wire.buffer.toString('utf8', from, to));
      else if (field === 7) json = `"${wire.buffer.toString('base64', from, to)}"`;
      else json = compoundJson(wire, field, from, to, depth + 1);
      wire.at = to;
    } else if (wire.wire === wireVarint && (field === 2 || field === 3)) {
      wire.varint64();
      json = field === 3 ? int64Text(wire.low, wire.high) : String((wire.low | wire.high) !== 0);
    } else if (wire.wire === wireFixed64 && field === 4) json = doubleJson(wire.double());
    else wire.skip();
  }
  return json;
}

/** Where the key and the value of the KeyValue at hand lie. */
const entry = { keyFrom: 0, keyTo: 0, valueFrom: 0, valueTo: 0 };

function readEntry(wire: Wire): void {
  entry.keyFrom = entry.keyTo = entry.valueFrom = entry.valueTo = 0;
  while (wire.next()) {
    if (wire.wire !== wireBytes || wire.field > 2) {
      wire.skip();
      continue;
    }
    const to = wire.lengthEnd();
    if (wire.field === 1) {
      entry.keyFrom = wire.at;
      entry.keyTo = to;
    } else {
      entry.valueFrom = wire.at;
      entry.valueTo = to;
    }
    wire.at = to;
  }
}

/** Appends the KeyValue in the wire's present range to the open row of a map. */
export function appendAttribute(wire: Wire, map: MapColumn): void {
  readEntry(wire);
  map.keys.appendBytes(wire.buffer, entry.keyFrom, entry.keyTo);
  wire.visit(entry.valueFrom, entry.valueTo);
  appendValue(wire, map.values);
}

/** Appends the KeyValue of the field at hand, and goes on behind it. */
export function appendAttributeField(wire: Wire, map: MapColumn): void {
  const outer = wire.end;
  const to = wire.lengthEnd();
  wire.end = to;
  appendAttribute(wire, map);
  wire.visit(to, outer);
}

/** Adds the KeyValue of the field at hand to shared attributes, and goes on behind it. */
export function addSharedAttribute(wire: Wire, shared: SharedMap, context: RequestContext): void {
  const outer = wire.end;
  const to = wire.lengthEnd();
  wire.end = to;
  readEntry(wire);
  const { keyFrom, keyTo } = entry;
  shared.addKey(wire.buffer, keyFrom, keyTo);
  wire.visit(entry.valueFrom, entry.valueTo);
  const valueAt = shared.values.length;
  appendValue(wire, shared.values);
  if (shared === context.resource) context.noteResourceAttribute(wire.buffer, keyFrom, keyTo, valueAt);
  wire.visit(to, outer);
}
