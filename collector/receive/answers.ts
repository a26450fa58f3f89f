import type { Signal } from '../decode/tables.ts';

/** Encodings of OTLP/HTTP; the answer has the encoding of the request. */
export type Encoding = 'protobuf' | 'json';

export const contentTypes: Record<Encoding, string> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

/** The encoding a Content-Type names; undefined for those that OTLP does not know. */
export function encodingOf(contentType: string | undefined): Encoding | undefined {
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type === contentTypes.protobuf) return 'protobuf';
  return type === contentTypes.json ? 'json' : undefined;
}

/** google.rpc.Code, as far as the collector answers with them. */
export const rpcCode = {
  invalidArgument: 3,
  notFound: 5,
  resourceExhausted: 8,
  unimplemented: 12,
  unavailable: 14,
  unauthenticated: 16,
} as const;

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}

/** A message of one varint field (1) and one text field (2): the shape of both Status and partial success. */
function numberAndText(number: number, text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  const head = number === 0 ? [] : [0x08, ...varint(number)];
  const textHead = bytes.length === 0 ? [] : [0x12, ...varint(bytes.length)];
  return Buffer.concat([Buffer.from([...head, ...textHead]), bytes]);
}

/** Encodes google.rpc.Status, which OTLP requires as the body of every error. */
export function encodeStatus(encoding: Encoding, code: number, message: string): Buffer {
  return encoding === 'json' ? Buffer.from(JSON.stringify({ code, message })) : numberAndText(code, message);
}

const rejectedField: Record<Signal, string> = {
  traces: 'rejectedSpans',
  logs: 'rejectedLogRecords',
  metrics: 'rejectedDataPoints',
};

/** Encodes Export…ServiceResponse: empty when all was accepted, else the number refused and why. */
export function encodeSuccess(encoding: Encoding, signal: Signal, rejected: number, message: string): Buffer {
  if (rejected === 0) return encoding === 'json' ? Buffer.from('{}') : Buffer.alloc(0);
  if (encoding === 'json') {
    const partialSuccess = { [rejectedField[signal]]: String(rejected), errorMessage: message };
    return Buffer.from(JSON.stringify({ partialSuccess }));
  }
  const partial = numberAndText(rejected, message);
  return Buffer.concat([Buffer.from([0x0a, ...varint(partial.length)]), partial]);
}
