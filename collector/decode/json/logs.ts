import type { LogBlock } from '../log-block.ts';
import { acceptLog, appendLog, LogRow } from '../log-row.ts';
import { SharedMap } from '../nested-columns.ts';
import type { OpenBlocks } from '../open-blocks.ts';
import type { RequestContext } from '../request-context.ts';
import { severityNames } from '../severity-names.ts';
import { envelopeNames, readEnvelope } from './envelope.ts';
import { readId } from './ids.ts';
import { KeyTable } from './key-table.ts';
import type { JsonReader } from './reader.ts';
import { addAttributes, appendValue } from './values.ts';

const names = envelopeNames('resourceLogs', 'scopeLogs', 'logRecords', false);
const logKeys = new KeyTable([
  'timeUnixNano',
  'observedTimeUnixNano',
  'severityNumber',
  'severityText',
  'body',
  'attributes',
  'flags',
  'traceId',
  'spanId',
  'eventName',
]);

const row = new LogRow();
const attributes = new SharedMap();
let bodyAt = -1;

/** Decodes an ExportLogsServiceRequest in JSON into blocks of `otel_logs`. Throws DecodeError. */
export function decodeLogs(body: Buffer, blocks: OpenBlocks<LogBlock>, context: RequestContext): void {
  readEnvelope(body, names, context, (reader) => {
    readLog(reader);
    if (acceptLog(row, context)) writeLog(reader, blocks, context);
  });
}

function readLog(reader: JsonReader): void {
  row.clear();
  attributes.clear();
  bodyAt = -1;
  if (!reader.openObject()) return;
  for (;;) {
    const name = reader.nextMember(logKeys);
    if (name === undefined) return;
    readLogMember(reader, name);
  }
}

function readLogMember(reader: JsonReader, name: string): void {
  switch (name) {
    case 'timeUnixNano':
      return reader.readInt64(row.time);
    case 'observedTimeUnixNano':
      return reader.readInt64(row.observed);
    case 'severityNumber':
      row.severityNumber = reader.readInteger(severityNames);
      return;
    case 'severityText':
      return reader.readText(row.severityText);
    case 'eventName':
      return reader.readText(row.eventName);
    case 'attributes':
      return addAttributes(reader, attributes);
    case 'flags':
      row.flags = reader.readInteger();
      return;
    case 'traceId':
      return readId(reader, row.traceId);
    case 'spanId':
      return readId(reader, row.spanId);
    case 'body':
      bodyAt = reader.at;
      return reader.skip();
    default:
      reader.skip();
  }
}

function writeLog(reader: JsonReader, blocks: OpenBlocks<LogBlock>, context: RequestContext): void {
  const block = blocks.room();
  appendLog(block, row, context);
  if (bodyAt < 0) block.body.appendEmpty();
  else reader.visit(bodyAt, () => appendValue(reader, block.body));
  attributes.appendTo(block.logAttributes, block.set.use);
}
