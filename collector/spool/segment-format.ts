import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { tableNames } from '../decode/tables.ts';

/**
 * A segment file is a preamble and records. The preamble is `PLSEG001`, the length and CRC-32 of a JSON text, and
 * that text (table and columns). A record is 24 bytes of head and a payload of one Native block; without the heads
 * the payloads are the body of one INSERT. All integers are little-endian.
 */
const preambleMagic = Buffer.from('PLSEG001', 'latin1');
const recordMagic = 0x31424c50;
export const recordHeadBytes = 24;
const preambleBytesMax = 64 * 1024;

export const SegmentPreamble = z.object({ table: z.enum(tableNames), columns: z.array(z.string()).min(1) });
export type SegmentPreamble = z.infer<typeof SegmentPreamble>;

/** Where one record's payload lies in its segment, and what it holds. */
export interface RecordSpan {
  readonly payloadAt: number;
  readonly payloadBytes: number;
  /** Rows that the block holds. */
  readonly rows: number;
  /** Items that the receiver accepted into it; the same number, counted at the other end. */
  readonly received: number;
}

export function encodePreamble(preamble: SegmentPreamble): Buffer {
  const text = Buffer.from(JSON.stringify(preamble), 'utf8');
  const head = Buffer.alloc(16);
  preambleMagic.copy(head, 0);
  head.writeUInt32LE(text.length, 8);
  head.writeUInt32LE(crc32(text), 12);
  return Buffer.concat([head, text]);
}

/** Puts a record's head before its payload; the CRC covers the counts as well as the payload. */
export function encodeRecord(payload: readonly Buffer[], rows: number, received: number): Buffer[] {
  const head = Buffer.alloc(recordHeadBytes);
  let bytes = 0;
  for (const part of payload) bytes += part.length;
  head.writeUInt32LE(recordMagic, 0);
  head.writeUInt32LE(bytes, 4);
  head.writeUInt32LE(rows, 12);
  head.writeUInt32LE(received, 16);
  let crc = crc32(head.subarray(4, 8));
  crc = crc32(head.subarray(12), crc);
  for (const part of payload) crc = crc32(part, crc);
  head.writeUInt32LE(crc, 8);
  return [head, ...payload];
}

function readPreamble(bytes: Buffer): { preamble: SegmentPreamble; end: number } | undefined {
  if (bytes.length < 16 || !bytes.subarray(0, 8).equals(preambleMagic)) return undefined;
  const size = bytes.readUInt32LE(8);
  if (size > preambleBytesMax || 16 + size > bytes.length) return undefined;
  const text = bytes.subarray(16, 16 + size);
  if (crc32(text) !== bytes.readUInt32LE(12)) return undefined;
  const parsed = SegmentPreamble.safeParse(JSON.parse(text.toString('utf8')));
  return parsed.success ? { preamble: parsed.data, end: 16 + size } : undefined;
}

/** A record as its head describes it; `isWhole` says whether head and payload are what was written. */
function readRecord(bytes: Buffer, at: number): { record: RecordSpan; isWhole: boolean } | undefined {
  if (at + recordHeadBytes > bytes.length || bytes.readUInt32LE(at) !== recordMagic) return undefined;
  const payloadBytes = bytes.readUInt32LE(at + 4);
  const payloadAt = at + recordHeadBytes;
  if (payloadAt + payloadBytes > bytes.length) return undefined;
  let crc = crc32(bytes.subarray(at + 4, at + 8));
  crc = crc32(bytes.subarray(at + 12, payloadAt), crc);
  crc = crc32(bytes.subarray(payloadAt, payloadAt + payloadBytes), crc);
  const rows = bytes.readUInt32LE(at + 12);
  const received = bytes.readUInt32LE(at + 16);
  return {
    record: { payloadAt, payloadBytes, rows, received },
    isWhole: crc === bytes.readUInt32LE(at + 8),
  };
}

export interface SegmentContent {
  readonly preamble: SegmentPreamble;
  readonly records: RecordSpan[];
  /** Records that the disk has changed, with whole ones behind them: what they held was acknowledged. */
  readonly damaged: RecordSpan[];
  /** Length of the part that is whole; what follows is the torn end of an unacknowledged write. */
  readonly wholeBytes: number;
}

/** Reads a segment file as far as it is whole; undefined when not even its preamble is. */
export function readSegment(bytes: Buffer): SegmentContent | undefined {
  const opening = readPreamble(bytes);
  if (!opening) return undefined;
  const { preamble } = opening;
  const records: RecordSpan[] = [];
  const damaged: RecordSpan[] = [];
  let suspects: RecordSpan[] = [];
  let wholeBytes = opening.end;
  for (let at = opening.end; ;) {
    const found = readRecord(bytes, at);
    if (!found) return { preamble, records, damaged, wholeBytes };
    const { record, isWhole } = found;
    at = record.payloadAt + record.payloadBytes;
    if (!isWhole) {
      suspects.push(record);
      continue;
    }
    damaged.push(...suspects);
    suspects = [];
    records.push(record);
    wholeBytes = at;
  }
}
