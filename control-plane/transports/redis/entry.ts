import { isUtf8 } from 'node:buffer';
import { firstHeader, withIdentity } from '../headers.ts';
import type { Arrival, Header, Outgoing } from '../port.ts';

/** An entry of a stream: names and values in turn, as they stand; null: trimmed or deleted before it was read. */
export interface Entry {
  readonly id: string;
  readonly fields: readonly Buffer[] | null;
}

/** Names under which applications put a body, the surest first. */
const bodyNames = ['body', 'payload', 'data', 'message', 'value'];
/** Headers that stand for what a header cannot say; taken back by a send, so that the entry is the same again. */
const reserved = 'redis.';
/** Stands where the body stood; its value is the field's name. */
const bodyMark = 'redis.body';
/** The entry had no body at all. */
const flatMark = 'redis.flat';
/** Before the hex of a field's name that is no UTF-8, or that begins as these do. */
const rawName = 'redis.name.';

/** 2010: ids of streams are milliseconds unless somebody chose others. */
const earliestMs = Date.UTC(2010);

/** A field is the body and the others are headers, in their order; `bodyField` names it, else its name tells. */
export function arrivalOf(stream: string, { id, fields }: Entry, bodyField: string | null): Arrival {
  const pairs = pairsOf(fields ?? []);
  const at = bodyAt(pairs, bodyField);
  const headers = pairs.map(([name, value], index): Header =>
    index === at ? [bodyMark, name] : [headerName(name), value],
  );
  if (at === -1 && fields !== null) headers.push([flatMark, Buffer.alloc(0)]);
  const text = (...names: string[]) => firstHeader(headers, names)?.toString() ?? null;
  const deliveries = Number(text('deliveries', 'delivery-count', 'delivery_count') ?? Number.NaN);
  return {
    arrivalId: `${stream}/${id}`,
    messageId: text('message-id', 'messageId', 'message_id'),
    body: fields === null ? null : (pairs[at]?.[1] ?? Buffer.alloc(0)),
    headers,
    key: null,
    partition: null,
    contentType: text('content-type', 'contentType'),
    originalDestination: text('original-stream', 'x-original-stream', 'original_stream', 'originalStream'),
    failedAt: instantOf(id),
    reason:
      fields === null
        ? 'the entry was trimmed or deleted before it was read'
        : text('reason', 'error', 'error-message', 'error_message', 'exception'),
    deliveries: Number.isSafeInteger(deliveries) && deliveries >= 0 ? deliveries : null,
  };
}

/** The fields of a send, which are those of the entry that it came from, and `message-id`. */
export function fieldsOf(outgoing: Outgoing, body: Buffer, bodyField: string | null): Buffer[] {
  const fields: Buffer[] = [];
  const headers = withIdentity(outgoing);
  const marks = headers.filter(([name]) => name === bodyMark || name === flatMark);
  const isFlat = marks[0]?.[0] === flatMark && body.length === 0;
  // Without a mark it came from elsewhere: the body stands first, where it is found again before any header.
  if (marks[0]?.[0] !== bodyMark && !isFlat) fields.push(Buffer.from(bodyField ?? 'body'), body);
  for (const header of headers) {
    const [name, value] = header;
    if (header === marks[0] && name === bodyMark) fields.push(value, body);
    else if (header !== marks[0]) fields.push(fieldName(name), value);
  }
  return fields;
}

function pairsOf(fields: readonly Buffer[]): (readonly [Buffer, Buffer])[] {
  const pairs: (readonly [Buffer, Buffer])[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [name, value] = [fields[at], fields[at + 1]];
    if (name && value) pairs.push([name, value]);
  }
  return pairs;
}

/** Where the body stands; a field that is alone is one whatever its name. -1: there is none. */
function bodyAt(pairs: readonly (readonly [Buffer, Buffer])[], bodyField: string | null): number {
  const find = (wanted: string) => pairs.findIndex(([name]) => name.equals(Buffer.from(wanted)));
  if (bodyField !== null) return find(bodyField);
  for (const name of bodyNames) {
    const at = find(name);
    if (at !== -1) return at;
  }
  return pairs.length === 1 ? 0 : -1;
}

function headerName(name: Buffer): string {
  const text = name.toString();
  if (isUtf8(name) && !text.startsWith(reserved)) return text;
  return `${rawName}${name.toString('hex')}`;
}

function fieldName(name: string): Buffer {
  const hex = name.startsWith(rawName) ? name.slice(rawName.length) : '';
  return /^([0-9a-f]{2})+$/.test(hex) ? Buffer.from(hex, 'hex') : Buffer.from(name);
}

function instantOf(id: string): Date | null {
  const ms = Number(id.split('-')[0]);
  return ms >= earliestMs && ms <= 8.64e15 ? new Date(ms) : null;
}
