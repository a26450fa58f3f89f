import { isUtf8 } from 'node:buffer';

/** A field of an AMQP table as it stood on the wire: `tag` says its type, `bytes` are what follows it. */
export interface Field {
  readonly name: string;
  readonly value: Value;
}

export interface Value {
  readonly tag: string;
  readonly bytes: Buffer;
}

/** Bytes of each type that has no length of its own (RabbitMQ's table of AMQP 0-9-1 errata). */
const fixedSizes: Readonly<Record<string, number>> = {
  V: 0,
  t: 1,
  b: 1,
  B: 1,
  s: 2,
  u: 2,
  I: 4,
  i: 4,
  f: 4,
  D: 5,
  l: 8,
  d: 8,
  T: 8,
};
/** Texts, byte arrays, lists and tables: four bytes say how long. */
const sized = 'SxAF';
const depthMax = 32;

/** The fields of a table, given without the length before it. @throws RangeError when they are no table */
export function readTable(table: Buffer): Field[] {
  const fields: Field[] = [];
  for (let at = 0; at < table.length;) {
    const nameEnd = at + 1 + table.readUInt8(at);
    const value = readValue(table, nameEnd);
    fields.push({ name: nameOf(table.subarray(at + 1, nameEnd)), value });
    at = nameEnd + 1 + value.bytes.length;
  }
  return fields;
}

/** Before the hex of a name that is no UTF-8, which no text can stand for. */
export const rawName = 'amqp.name.';

function nameOf(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString() : `${rawName}${bytes.toString('hex')}`;
}

function readValue(table: Buffer, at: number): Value {
  const tag = String.fromCharCode(table.readUInt8(at));
  const size = sized.includes(tag) ? 4 + table.readUInt32BE(at + 1) : fixedSizes[tag];
  if (size === undefined) throw new RangeError(`AMQP has no type "${tag}"`);
  const bytes = table.subarray(at + 1, at + 1 + size);
  if (bytes.length < size) throw new RangeError('the table ends within a value');
  return { tag, bytes };
}

/** What a person may read of a value: a text as it is, anything else as JSON. The same value, the same bytes. */
export function shownAs(value: Value): Buffer {
  if (value.tag === 'S' || value.tag === 'x') return value.bytes.subarray(4);
  try {
    return Buffer.from(jsonOf(value, 0));
  } catch {
    // A list or table that is broken inside travels as it is; only showing it is impossible.
    return Buffer.from('"…"');
  }
}

function jsonOf({ tag, bytes }: Value, depth: number): string {
  if (depth > depthMax) return '"…"';
  switch (tag) {
    case 'S':
      return JSON.stringify(bytes.toString('utf8', 4));
    case 'x':
      return JSON.stringify(bytes.toString('base64', 4));
    case 'A':
      return `[${readList(bytes.subarray(4))
        .map((item) => jsonOf(item, depth + 1))
        .join(',')}]`;
    case 'F': {
      const fields = readTable(bytes.subarray(4));
      return `{${fields.map(({ name, value }) => `${JSON.stringify(name)}:${jsonOf(value, depth + 1)}`).join(',')}}`;
    }
    case 'V':
      return 'null';
    case 't':
      return String(bytes[0] !== 0);
    case 'D':
      return `${bytes.readUInt32BE(1)}e-${bytes[0]}`;
    default:
      return String(numberOf(tag, bytes));
  }
}

function readList(list: Buffer): Value[] {
  const values: Value[] = [];
  for (let at = 0; at < list.length;) {
    const value = readValue(list, at);
    values.push(value);
    at += 1 + value.bytes.length;
  }
  return values;
}

function numberOf(tag: string, bytes: Buffer): number | bigint {
  switch (tag) {
    case 'b':
      return bytes.readInt8();
    case 'B':
      return bytes.readUInt8();
    case 's':
      return bytes.readInt16BE();
    case 'u':
      return bytes.readUInt16BE();
    case 'I':
      return bytes.readInt32BE();
    case 'i':
      return bytes.readUInt32BE();
    case 'l':
      return bytes.readBigInt64BE();
    case 'T':
      return bytes.readBigUInt64BE();
    case 'f':
      return bytes.readFloatBE();
    default:
      return bytes.readDoubleBE();
  }
}

/** Names that amqplib gives to types. */
const typeNames: Readonly<Record<string, string>> = {
  b: 'int8',
  B: 'uint8',
  s: 'int16',
  u: 'uint16',
  I: 'int32',
  i: 'uint32',
  l: 'int64',
  T: 'timestamp',
  f: 'float',
  d: 'double',
};

/** The value as amqplib is given it, so that it writes these very bytes; undefined when it cannot. */
export function toAmqplib({ tag, bytes }: Value): unknown {
  if (sized.includes(tag)) return asTagged(tag, bytes.subarray(4));
  if (tag === 'V') return null;
  if (tag === 't') return bytes[0] === 0 || bytes[0] === 1 ? bytes[0] === 1 : undefined;
  if (tag === 'D') return { '!': 'decimal', value: { places: bytes[0], digits: bytes.readUInt32BE(1) } };
  const value = numberOf(tag, bytes);
  // A number that is none has many forms, of which only one would be written.
  return Number.isNaN(value) ? undefined : { '!': typeNames[tag], value };
}

/**
 * amqplib copies a byte array as it is, behind the tag `x` and a length. Texts, lists and tables differ from one only in
 * their tag, so a byte array that puts another tag in its place carries them unread, whatever is in them.
 */
function asTagged(tag: string, bytes: Buffer): Buffer {
  const tagged = Buffer.from(bytes);
  const copy = (target: Uint8Array, at = 0): number => {
    target[at - 5] = tag.charCodeAt(0);
    target.set(bytes, at);
    return bytes.length;
  };
  return Object.assign(tagged, { copy });
}

/** Text that somebody put in the place of a value: of the same type when it can be, else a text. */
export function editedTo(tag: string, text: Buffer): unknown {
  const written = text.toString();
  if (tag === 't' && /^(true|false)$/.test(written)) return written === 'true';
  const type = typeNames[tag];
  if (type !== undefined && isWithin(tag, written))
    return { '!': type, value: 'lT'.includes(tag) ? BigInt(written) : Number(written) };
  return asTagged('S', text);
}

const ranges: Readonly<Record<string, readonly [bigint, bigint]>> = {
  b: [-(2n ** 7n), 2n ** 7n - 1n],
  B: [0n, 2n ** 8n - 1n],
  s: [-(2n ** 15n), 2n ** 15n - 1n],
  u: [0n, 2n ** 16n - 1n],
  I: [-(2n ** 31n), 2n ** 31n - 1n],
  i: [0n, 2n ** 32n - 1n],
  l: [-(2n ** 63n), 2n ** 63n - 1n],
  T: [0n, 2n ** 64n - 1n],
};

function isWithin(tag: string, text: string): boolean {
  const range = ranges[tag];
  if (!range) return text.trim() === text && text !== '' && Number.isFinite(Number(text));
  if (!/^-?\d{1,20}$/.test(text)) return false;
  const whole = BigInt(text);
  return whole >= range[0] && whole <= range[1];
}

/** A text header as amqplib is given it, byte for byte. */
export function textValue(bytes: Buffer): unknown {
  return asTagged('S', bytes);
}
