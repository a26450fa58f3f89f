import type { TextColumn } from '../columns.ts';
import { DecodeError } from '../decode-error.ts';
import { doubleJson, doubleText } from '../double-text.ts';
import { int64Text } from '../int64-text.ts';
import type { MapColumn, SharedMap } from '../nested-columns.ts';
import type { RequestContext } from '../request-context.ts';
import { TextRef, Word64 } from '../row-fields.ts';
import { valueDepthMax } from '../value-depth.ts';
import { KeyTable } from './key-table.ts';
import type { JsonReader } from './reader.ts';

const entryKeys = new KeyTable(['key', 'value']);
const listKeys = new KeyTable(['values']);
const valueKeys = new KeyTable([
  'stringValue',
  'boolValue',
  'intValue',
  'doubleValue',
  'arrayValue',
  'kvlistValue',
  'bytesValue',
]);
const integer = new Word64();

/** The AnyValue at hand: a text of the request, or what its column text was computed to be. */
class HeldValue {
  readonly text = new TextRef();
  computed: string | undefined;

  clear(): void {
    this.text.clear();
    this.computed = undefined;
  }

  compute(text: string): void {
    this.computed = text;
  }

  appendTo(column: TextColumn): void {
    if (this.computed !== undefined) column.appendString(this.computed);
    else column.appendBytes(this.text.source, this.text.from, this.text.to);
  }
}

const held = new HeldValue();
const key = new TextRef();

/** Reads base64 in either alphabet and writes it in the standard one. */
function base64(text: string): string {
  return Buffer.from(text, 'base64').toString('base64');
}

function readValue(reader: JsonReader): void {
  held.clear();
  if (!reader.openObject()) return;
  for (;;) {
    const name = reader.nextMember(valueKeys);
    if (name === undefined) return;
    if (name === '') reader.skip();
    else if (!reader.readNull()) readValueMember(reader, name);
  }
}

function readValueMember(reader: JsonReader, name: string): void {
  if (name === 'stringValue') {
    held.computed = undefined;
    reader.readText(held.text);
  } else if (name === 'intValue') {
    reader.readInt64(integer);
    held.compute(int64Text(integer.low, integer.high));
  } else if (name === 'boolValue') held.compute(String(reader.readBoolean()));
  else if (name === 'doubleValue') held.compute(doubleText(reader.readDouble()));
  else if (name === 'bytesValue') held.compute(base64(reader.readString()));
  else held.compute(listJson(reader, name === 'arrayValue', 1));
}

function listJson(reader: JsonReader, isArray: boolean, depth: number): string {
  if (depth > valueDepthMax)
    throw new DecodeError('too_deep', `Attribute values nest deeper than ${valueDepthMax}.`);
  const members: string[] = [];
  reader.openObject();
  for (;;) {
    const name = reader.nextMember(listKeys);
    if (name === undefined) break;
    if (name === '') reader.skip();
    else if (reader.openArray())
      while (reader.nextElement())
        members.push(isArray ? valueJson(reader, depth) : entryJson(reader, depth));
  }
  return isArray ? `[${members.join(',')}]` : `{${members.join(',')}}`;
}

function entryJson(reader: JsonReader, depth: number): string {
  let name = '';
  let value = 'null';
  if (!reader.openObject()) return '"":null';
  for (;;) {
    const member = reader.nextMember(entryKeys);
    if (member === undefined) return `${JSON.stringify(name.toWellFormed())}:${value}`;
    if (member === 'key') name = reader.readString();
    else if (member === 'value') value = valueJson(reader, depth);
    else reader.skip();
  }
}

function valueJson(reader: JsonReader, depth: number): string {
  let json = 'null';
  if (!reader.openObject()) return json;
  for (;;) {
    const name = reader.nextMember(valueKeys);
    if (name === undefined) return json;
    if (name === '') reader.skip();
    else if (!reader.readNull()) json = memberJson(reader, name, depth);
  }
}

function memberJson(reader: JsonReader, name: string, depth: number): string {
  if (name === 'stringValue') return JSON.stringify(reader.readString().toWellFormed());
  if (name === 'boolValue') return String(reader.readBoolean());
  if (name === 'doubleValue') return doubleJson(reader.readDouble());
  if (name === 'bytesValue') return `"${base64(reader.readString())}"`;
  if (name !== 'intValue') return listJson(reader, name === 'arrayValue', depth + 1);
  reader.readInt64(integer);
  return int64Text(integer.low, integer.high);
}

/** Appends the AnyValue at hand to a text column, in the form that the exporter gives it. */
export function appendValue(reader: JsonReader, column: TextColumn): void {
  readValue(reader);
  held.appendTo(column);
}

/** Reads a KeyValue: its key into `key`, its value into `held`. */
function readEntry(reader: JsonReader): void {
  key.clear();
  held.clear();
  if (!reader.openObject()) return;
  for (;;) {
    const name = reader.nextMember(entryKeys);
    if (name === undefined) return;
    if (name === 'key') reader.readText(key);
    else if (name === 'value') readValue(reader);
    else reader.skip();
  }
}

/** Adds an array of KeyValue to attributes that are appended to rows later. */
export function addAttributes(reader: JsonReader, shared: SharedMap, context?: RequestContext): void {
  if (!reader.openArray()) return;
  while (reader.nextElement()) {
    readEntry(reader);
    shared.addKey(key.source, key.from, key.to);
    const valueAt = shared.values.length;
    held.appendTo(shared.values);
    context?.noteResourceAttribute(key.source, key.from, key.to, valueAt);
  }
}

/** Appends an array of KeyValue to the open row of a map. */
export function appendAttributes(reader: JsonReader, map: MapColumn): void {
  if (!reader.openArray()) return;
  while (reader.nextElement()) {
    readEntry(reader);
    map.keys.appendBytes(key.source, key.from, key.to);
    held.appendTo(map.values);
  }
}
