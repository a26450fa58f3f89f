import { SharedMap } from '../nested-columns.ts';
import type { OpenBlocks } from '../open-blocks.ts';
import type { RequestContext } from '../request-context.ts';
import { IdRef, TextRef, Word64 } from '../row-fields.ts';
import { acceptSpan, appendSpan, endLists, SpanRow, spanIdSize, traceIdSize } from '../span-row.ts';
import type { TraceBlock } from '../trace-block.ts';
import { envelopeNames, readEnvelope } from './envelope.ts';
import { readId } from './ids.ts';
import { KeyTable } from './key-table.ts';
import type { JsonReader } from './reader.ts';
import { addAttributes, appendAttributes } from './values.ts';

const names = envelopeNames('resourceSpans', 'scopeSpans', 'spans', true);
const spanKeys = new KeyTable([
  'traceId',
  'spanId',
  'traceState',
  'parentSpanId',
  'name',
  'kind',
  'startTimeUnixNano',
  'endTimeUnixNano',
  'attributes',
  'events',
  'links',
  'status',
]);
const statusKeys = new KeyTable(['code', 'message']);
const eventKeys = new KeyTable(['timeUnixNano', 'name', 'attributes']);
const linkKeys = new KeyTable(['traceId', 'spanId', 'traceState', 'attributes']);
const kindNames = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map(
  (n) => `SPAN_KIND_${n}`,
);
const statusNames = ['UNSET', 'OK', 'ERROR'].map((name) => `STATUS_CODE_${name}`);

const row = new SpanRow();
const attributes = new SharedMap();
const text = new TextRef();
const time = new Word64();
const linkTraceId = new IdRef();
const linkSpanId = new IdRef();
const linkState = new TextRef();
/** Where the events and links of the span at hand begin; -1 when it has none. */
let eventsAt = -1;
let linksAt = -1;

/** Decodes an ExportTraceServiceRequest in JSON into blocks of `otel_traces`. Throws DecodeError. */
export function decodeTraces(body: Buffer, blocks: OpenBlocks<TraceBlock>, context: RequestContext): void {
  readEnvelope(body, names, context, (reader) => {
    readSpan(reader);
    if (acceptSpan(row, context)) writeSpan(reader, blocks, context);
  });
}

function readSpan(reader: JsonReader): void {
  row.clear();
  attributes.clear();
  eventsAt = -1;
  linksAt = -1;
  if (!reader.openObject()) return;
  for (;;) {
    const name = reader.nextMember(spanKeys);
    if (name === undefined) return;
    readSpanMember(reader, name);
  }
}

function readSpanMember(reader: JsonReader, name: string): void {
  switch (name) {
    case 'traceId':
      return readId(reader, row.traceId);
    case 'spanId':
      return readId(reader, row.spanId);
    case 'parentSpanId':
      return readId(reader, row.parentSpanId);
    case 'traceState':
      return reader.readText(row.traceState);
    case 'name':
      return reader.readText(row.name);
    case 'kind':
      row.kind = reader.readInteger(kindNames);
      return;
    case 'startTimeUnixNano':
      return reader.readInt64(row.start);
    case 'endTimeUnixNano':
      return reader.readInt64(row.end);
    case 'attributes':
      return addAttributes(reader, attributes);
    case 'status':
      return readStatus(reader);
    case 'events':
      return noteEvents(reader);
    case 'links':
      return reader.readNull() ? undefined : checkLinks(reader);
    default:
      reader.skip();
  }
}

function noteEvents(reader: JsonReader): void {
  if (reader.readNull()) return;
  eventsAt = reader.at;
  reader.skip();
}

function readStatus(reader: JsonReader): void {
  if (!reader.openObject()) return;
  for (;;) {
    const name = reader.nextMember(statusKeys);
    if (name === undefined) return;
    if (name === 'message') reader.readText(row.statusMessage);
    else if (name === 'code') row.statusCode = reader.readInteger(statusNames);
    else reader.skip();
  }
}

/** Checks the ids of all links at once: a span is refused before any of it is written. */
function checkLinks(reader: JsonReader): void {
  linksAt = reader.at;
  reader.openArray();
  while (reader.nextElement()) {
    readLink(reader, undefined);
    if (!linkTraceId.isPresent(traceIdSize) || !linkSpanId.isPresent(spanIdSize)) row.hasBadLink = true;
  }
}

function writeSpan(reader: JsonReader, blocks: OpenBlocks<TraceBlock>, context: RequestContext): void {
  const block = blocks.room();
  appendSpan(block, row, context);
  attributes.appendTo(block.spanAttributes, block.set.use);
  const each = (visit: () => void) => (): void => {
    reader.openArray();
    for (let index = 1; reader.nextElement(); index++) {
      visit();
      if ((index & 4095) === 0) blocks.guard();
    }
  };
  if (eventsAt >= 0)
    reader.visit(
      eventsAt,
      each(() => writeEvent(reader, block)),
    );
  if (linksAt >= 0)
    reader.visit(
      linksAt,
      each(() => writeLink(reader, block)),
    );
  endLists(block);
}

function writeEvent(reader: JsonReader, block: TraceBlock): void {
  const map = block.eventAttributes.inner;
  time.clear();
  text.clear();
  if (reader.openObject())
    for (;;) {
      const name = reader.nextMember(eventKeys);
      if (name === undefined) break;
      if (name === 'timeUnixNano') reader.readInt64(time);
      else if (name === 'name') reader.readText(text);
      else if (name === 'attributes') appendAttributes(reader, map);
      else reader.skip();
    }
  block.eventTimes.inner.append(time.low, time.high);
  block.eventNames.inner.appendBytes(text.source, text.from, text.to);
  map.endRow();
}

/** Reads a link's ids and state; its attributes go to the block, or nowhere. */
function readLink(reader: JsonReader, block: TraceBlock | undefined): void {
  linkTraceId.clear();
  linkSpanId.clear();
  linkState.clear();
  if (!reader.openObject()) return;
  for (;;) {
    const name = reader.nextMember(linkKeys);
    if (name === undefined) return;
    if (name === 'traceId') readId(reader, linkTraceId);
    else if (name === 'spanId') readId(reader, linkSpanId);
    else if (name === 'traceState') reader.readText(linkState);
    else if (name === 'attributes' && block) appendAttributes(reader, block.linkAttributes.inner);
    else reader.skip();
  }
}

function writeLink(reader: JsonReader, block: TraceBlock): void {
  readLink(reader, block);
  linkTraceId.appendTo(block.linkTraceIds.inner);
  linkSpanId.appendTo(block.linkSpanIds.inner);
  block.linkTraceStates.inner.appendBytes(linkState.source, linkState.from, linkState.to);
  block.linkAttributes.inner.endRow();
}
