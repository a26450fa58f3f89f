import type { LogBlock } from '../log-block.ts';
import { acceptLog, appendLog, LogRow } from '../log-row.ts';
import type { OpenBlocks } from '../open-blocks.ts';
import type { RequestContext } from '../request-context.ts';
import { appendAttribute, appendValue } from './attributes.ts';
import { readEnvelope } from './envelope.ts';
import { takeFixed32, takeFixed64, takeId, takeText, takeVarint } from './fields.ts';
import { Ranges, Wire, wireBytes } from './wire.ts';

const row = new LogRow();
const attributes = new Ranges();
const body = { from: 0, to: 0 };

/** Decodes an ExportLogsServiceRequest into blocks of `otel_logs`. Throws DecodeError. */
export function decodeLogs(request: Buffer, blocks: OpenBlocks<LogBlock>, context: RequestContext): void {
  readEnvelope(new Wire(request), context, (wire, items) => {
    for (let index = 0; index < items.count; index++) {
      items.visit(wire, index);
      readLog(wire);
      if (acceptLog(row, context)) writeLog(wire, blocks, context);
    }
  });
}

function readLog(wire: Wire): void {
  row.clear();
  attributes.clear();
  body.from = body.to = 0;
  while (wire.next()) readLogField(wire);
}

function readLogField(wire: Wire): void {
  switch (wire.field) {
    case 1:
      return takeFixed64(wire, row.time);
    case 2:
      row.severityNumber = takeVarint(wire, row.severityNumber);
      return;
    case 3:
      return takeText(wire, row.severityText);
    case 5:
      return wire.wire === wireBytes ? noteBody(wire) : wire.skip();
    case 6:
      return wire.wire === wireBytes ? attributes.add(wire) : wire.skip();
    case 8:
      row.flags = takeFixed32(wire, row.flags);
      return;
    case 9:
      return takeId(wire, row.traceId);
    case 10:
      return takeId(wire, row.spanId);
    case 11:
      return takeFixed64(wire, row.observed);
    case 12:
      return takeText(wire, row.eventName);
    default:
      wire.skip();
  }
}

function noteBody(wire: Wire): void {
  body.to = wire.lengthEnd();
  body.from = wire.at;
  wire.at = body.to;
}

function writeLog(wire: Wire, blocks: OpenBlocks<LogBlock>, context: RequestContext): void {
  const block = blocks.room();
  appendLog(block, row, context);
  wire.visit(body.from, body.to);
  appendValue(wire, block.body);
  for (let index = 0; index < attributes.count; index++) {
    attributes.visit(wire, index);
    appendAttribute(wire, block.logAttributes);
  }
  block.logAttributes.endRow();
}
