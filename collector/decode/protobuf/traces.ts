import type { OpenBlocks } from '../open-blocks.ts';
import type { RequestContext } from '../request-context.ts';
import { IdRef } from '../row-fields.ts';
import { acceptSpan, appendSpan, endLists, SpanRow, spanIdSize, traceIdSize } from '../span-row.ts';
import type { TraceBlock } from '../trace-block.ts';
import { appendAttribute, appendAttributeField } from './attributes.ts';
import { readEnvelope } from './envelope.ts';
import { takeFixed64, takeId, takeText, takeVarint } from './fields.ts';
import { Ranges, Wire, wireBytes } from './wire.ts';

const row = new SpanRow();
const attributes = new Ranges();
const events = new Ranges();
const links = new Ranges();
const linkTraceId = new IdRef();
const linkSpanId = new IdRef();

/** Decodes an ExportTraceServiceRequest into blocks of `otel_traces`. Throws DecodeError. */
export function decodeTraces(body: Buffer, blocks: OpenBlocks<TraceBlock>, context: RequestContext): void {
  readEnvelope(new Wire(body), context, (wire, items) => {
    for (let index = 0; index < items.count; index++) {
      items.visit(wire, index);
      readSpan(wire);
      if (acceptSpan(row, context)) writeSpan(wire, blocks, context);
    }
  });
}

function readSpan(wire: Wire): void {
  row.clear();
  attributes.clear();
  events.clear();
  links.clear();
  while (wire.next()) readSpanField(wire);
}

function readSpanField(wire: Wire): void {
  switch (wire.field) {
    case 1:
      return takeId(wire, row.traceId);
    case 2:
      return takeId(wire, row.spanId);
    case 3:
      return takeText(wire, row.traceState);
    case 4:
      return takeId(wire, row.parentSpanId);
    case 5:
      return takeText(wire, row.name);
    case 6:
      row.kind = takeVarint(wire, row.kind);
      return;
    case 7:
      return takeFixed64(wire, row.start);
    case 8:
      return takeFixed64(wire, row.end);
    case 9:
      return wire.wire === wireBytes ? attributes.add(wire) : wire.skip();
    case 11:
      return wire.wire === wireBytes ? events.add(wire) : wire.skip();
    case 13:
      return wire.wire === wireBytes ? noteLink(wire) : wire.skip();
    case 15:
      return wire.wire === wireBytes ? readStatus(wire) : wire.skip();
    default:
      wire.skip();
  }
}

function readStatus(wire: Wire): void {
  const to = wire.lengthEnd();
  const outer = wire.end;
  wire.end = to;
  while (wire.next()) {
    if (wire.field === 2) takeText(wire, row.statusMessage);
    else if (wire.field === 3) row.statusCode = takeVarint(wire, row.statusCode);
    else wire.skip();
  }
  wire.visit(to, outer);
}

/** Checks a link's ids at once: a span is refused before any of it is written. */
function noteLink(wire: Wire): void {
  const from = wire.at;
  const outer = wire.end;
  const to = wire.lengthEnd();
  wire.end = to;
  readLinkIds(wire);
  if (!linkTraceId.isPresent(traceIdSize) || !linkSpanId.isPresent(spanIdSize)) row.hasBadLink = true;
  wire.visit(from, outer);
  links.add(wire);
}

function readLinkIds(wire: Wire): void {
  linkTraceId.clear();
  linkSpanId.clear();
  while (wire.next()) {
    if (wire.field === 1) takeId(wire, linkTraceId);
    else if (wire.field === 2) takeId(wire, linkSpanId);
    else wire.skip();
  }
}

function writeSpan(wire: Wire, blocks: OpenBlocks<TraceBlock>, context: RequestContext): void {
  const block = blocks.room();
  appendSpan(block, row, context);
  for (let index = 0; index < attributes.count; index++) {
    attributes.visit(wire, index);
    appendAttribute(wire, block.spanAttributes);
  }
  block.spanAttributes.endRow();
  for (let index = 0; index < events.count; index++) {
    events.visit(wire, index);
    writeEvent(wire, block);
    if ((index & 4095) === 4095) blocks.guard();
  }
  for (let index = 0; index < links.count; index++) {
    links.visit(wire, index);
    writeLink(wire, block);
    if ((index & 4095) === 4095) blocks.guard();
  }
  endLists(block);
}

function writeEvent(wire: Wire, block: TraceBlock): void {
  let low = 0;
  let high = 0;
  let from = 0;
  let to = 0;
  const map = block.eventAttributes.inner;
  while (wire.next()) {
    if (wire.field === 1 && wire.wire === 1) {
      wire.fixed64();
      low = wire.low;
      high = wire.high;
    } else if (wire.field === 2 && wire.wire === wireBytes) {
      to = wire.lengthEnd();
      from = wire.at;
      wire.at = to;
    } else if (wire.field === 3 && wire.wire === wireBytes) appendAttributeField(wire, map);
    else wire.skip();
  }
  block.eventTimes.inner.append(low, high);
  block.eventNames.inner.appendBytes(wire.buffer, from, to);
  map.endRow();
}

function writeLink(wire: Wire, block: TraceBlock): void {
  let from = 0;
  let to = 0;
  const map = block.linkAttributes.inner;
  linkTraceId.clear();
  linkSpanId.clear();
  while (wire.next()) {
    if (wire.field === 1) takeId(wire, linkTraceId);
    else if (wire.field === 2) takeId(wire, linkSpanId);
    else if (wire.field === 3 && wire.wire === wireBytes) {
      to = wire.lengthEnd();
      from = wire.at;
      wire.at = to;
    } else if (wire.field === 4 && wire.wire === wireBytes) appendAttributeField(wire, map);
    else wire.skip();
  }
  linkTraceId.appendTo(block.linkTraceIds.inner);
  linkSpanId.appendTo(block.linkSpanIds.inner);
  block.linkTraceStates.inner.appendBytes(wire.buffer, from, to);
  map.endRow();
}
