import type { Header } from '../transports/port.ts';

/**
 * Headers as bytes: for each, the length of its name and of its value (32 bits, big endian), then both. Order,
 * duplicates and bytes that are no text survive. No headers: no bytes.
 */
export function encodeHeaders(headers: readonly Header[]): Buffer {
  const parts = headers.flatMap(([name, value]) => {
    const text = Buffer.from(name);
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32BE(text.length, 0);
    lengths.writeUInt32BE(value.length, 4);
    return [lengths, text, value];
  });
  return Buffer.concat(parts);
}

/** What `encodeHeaders` was given. @throws RangeError when the bytes are not of its making */
export function decodeHeaders(bytes: Buffer): Header[] {
  const headers: Header[] = [];
  for (let at = 0; at < bytes.length;) {
    const nameEnd = at + 8 + bytes.readUInt32BE(at);
    const end = nameEnd + bytes.readUInt32BE(at + 4);
    if (end > bytes.length) throw new RangeError('these bytes are not headers');
    headers.push([bytes.toString('utf8', at + 8, nameEnd), Buffer.from(bytes.subarray(nameEnd, end))]);
    at = end;
  }
  return headers;
}
