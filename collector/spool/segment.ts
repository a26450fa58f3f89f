import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { TableName } from '../decode/tables.ts';
import { encodePreamble, encodeRecord, recordHeadBytes, type RecordSpan } from './segment-format.ts';

/** A segment of the spool: the future body of one INSERT into one table. */
export interface Segment {
  readonly number: number;
  readonly table: TableName;
  readonly columns: readonly string[];
  readonly path: string;
  readonly records: RecordSpan[];
  /** Records that the disk has changed: never sent, and counted as quarantined once the others are stored. */
  readonly damaged: readonly RecordSpan[];
  bytes: number;
  rows: number;
  received: number;
  /** True once nothing can be added any more; only then may it be sent. */
  isSealed: boolean;
}

export function segmentFileName(number: number, table: TableName): string {
  return `${String(number).padStart(12, '0')}-${table}.seg`;
}

/** Reads number and table from a file name; undefined for files that are not segments. */
export function parseSegmentFileName(name: string): { number: number; table: string } | undefined {
  const match = /^(\d{12})-([a-z_]+)\.seg$/u.exec(name);
  return match ? { number: Number(match[1]), table: match[2] as string } : undefined;
}

/** One block on its way into a segment. */
export interface PendingRecord {
  readonly table: TableName;
  readonly columns: readonly string[];
  readonly payload: readonly Buffer[];
  readonly rows: number;
  readonly received: number;
}

function sizeOf(parts: readonly Buffer[]): number {
  let bytes = 0;
  for (const part of parts) bytes += part.length;
  return bytes;
}

/** Appends records to a segment file. What is appended counts only after `sync`. */
export class SegmentWriter {
  readonly segment: Segment;
  private readonly handle: FileHandle;
  private unsynced: RecordSpan[] = [];
  private fileBytes = 0;

  private constructor(segment: Segment, handle: FileHandle) {
    this.segment = segment;
    this.handle = handle;
  }

  static async create(directory: string, number: number, first: PendingRecord): Promise<SegmentWriter> {
    const path = join(directory, segmentFileName(number, first.table));
    const handle = await open(path, 'wx');
    const segment: Segment = {
      number,
      table: first.table,
      columns: first.columns,
      path,
      records: [],
      damaged: [],
      bytes: 0,
      rows: 0,
      received: 0,
      isSealed: false,
    };
    const writer = new SegmentWriter(segment, handle);
    await writer.write([encodePreamble({ table: first.table, columns: [...first.columns] })]);
    return writer;
  }

  get rowsWithUnsynced(): number {
    return this.unsynced.reduce((rows, record) => rows + record.rows, this.segment.rows);
  }

  get bytesWithUnsynced(): number {
    return this.fileBytes;
  }

  async append(record: PendingRecord): Promise<void> {
    const parts = encodeRecord(record.payload, record.rows, record.received);
    const payloadAt = this.fileBytes + recordHeadBytes;
    await this.write(parts);
    const payloadBytes = this.fileBytes - payloadAt;
    this.unsynced.push({ payloadAt, payloadBytes, rows: record.rows, received: record.received });
  }

  private async write(parts: readonly Buffer[]): Promise<void> {
    const bytes = sizeOf(parts);
    const { bytesWritten } = await this.handle.writev(parts, this.fileBytes);
    if (bytesWritten !== bytes)
      throw new Error(`Wrote ${bytesWritten} of ${bytes} bytes to ${this.segment.path}: is the disk full?`);
    this.fileBytes += bytes;
  }

  /** Makes the appended records durable; they take effect with `publish`. */
  async sync(): Promise<void> {
    await this.handle.datasync();
  }

  /** Adds the durable records to the segment's figures, all in one instant. */
  publish(): void {
    for (const record of this.unsynced) {
      this.segment.records.push(record);
      this.segment.rows += record.rows;
      this.segment.received += record.received;
    }
    this.segment.bytes = this.fileBytes;
    this.unsynced = [];
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  /** After a failed write or sync: cuts off what was not published, so that it cannot come back after a restart. */
  async abandon(): Promise<void> {
    this.unsynced = [];
    try {
      await this.handle.truncate(this.segment.bytes);
      await this.handle.sync();
    } finally {
      await this.handle.close();
    }
  }
}
