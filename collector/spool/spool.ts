import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { signals, tableSignals, type Signal, type TableName } from '../decode/tables.ts';
import type { Log } from '../log.ts';
import { syncDirectory, writeDurably } from './durable-files.ts';
import { addTally, Ledger, type Tally } from './ledger.ts';
import { directoryBytes, preparePaths, readSpoolId, recoverSegments, type SpoolPaths } from './recover.ts';
import { encodePreamble, encodeRecord, type RecordSpan } from './segment-format.ts';
import { SegmentWriter, segmentFileName, type PendingRecord, type Segment } from './segment.ts';

export interface SpoolLimits {
  readonly rowsPerSegmentMax: number;
  readonly bytesPerSegmentMax: number;
  readonly bytesTotalMax: number;
}

export type SignalStats = Tally & { readonly spooled: number };
export type SpoolStats = Record<Signal, SignalStats>;

/** Items refused per signal in one commit. */
export type Rejections = Partial<Record<Signal, number>>;

/**
 * Segments on disk between the receiver and ClickHouse. `commit` returns when its records would survive a power cut;
 * `settle` takes a segment out once its rows are stored or quarantined. One process owns the directory.
 */
export class Spool {
  readonly id: string;
  readonly limits: SpoolLimits;
  private readonly paths: SpoolPaths;
  private readonly ledger: Ledger;
  private readonly log: Log;
  private readonly segments = new Map<number, Segment>();
  private readonly writers = new Map<TableName, SegmentWriter>();
  private readonly listeners = new Set<() => void>();
  /** Set when memory and disk may no longer agree: the process has to end. */
  isBroken = false;
  private nextSegment: number;
  private quarantineBytes: number;
  private tail: Promise<unknown> = Promise.resolve();

  private constructor(
    id: string,
    limits: SpoolLimits,
    paths: SpoolPaths,
    ledger: Ledger,
    log: Log,
    recovered: readonly Segment[],
    quarantineBytes: number,
  ) {
    this.id = id;
    this.limits = limits;
    this.paths = paths;
    this.ledger = ledger;
    this.log = log;
    this.quarantineBytes = quarantineBytes;
    for (const segment of recovered) this.segments.set(segment.number, segment);
    const highest = recovered.reduce((max, segment) => Math.max(max, segment.number), 0);
    this.nextSegment = Math.max(ledger.entry.nextSegment, highest + 1);
  }

  /** Opens the spool in a directory whose lock the caller holds. */
  static async open(root: string, limits: SpoolLimits, log: Log): Promise<Spool> {
    const paths = await preparePaths(root);
    const id = await readSpoolId(root);
    const ledger = await Ledger.open(paths.ledger);
    const recovered = await recoverSegments(paths, ledger.entry, log);
    await ledger.change((entry) => (entry.settled = []));
    return new Spool(id, limits, paths, ledger, log, recovered, await directoryBytes(paths.quarantine));
  }

  get bytes(): number {
    let bytes = this.quarantineBytes;
    for (const segment of this.segments.values()) bytes += segment.bytes;
    return bytes;
  }

  get segmentCount(): number {
    return this.segments.size;
  }

  stats(): SpoolStats {
    const stats = {} as Record<Signal, Tally & { spooled: number }>;
    for (const signal of signals) stats[signal] = { ...this.ledger.entry.totals[signal], spooled: 0 };
    for (const segment of this.segments.values()) {
      const tally = stats[tableSignals[segment.table]];
      tally.received += segment.received;
      tally.spooled += segment.rows;
    }
    return stats;
  }

  /** Calls back after every commit, which is when there may be something to load. */
  onCommit(listener: () => void): void {
    this.listeners.add(listener);
  }

  private inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.tail.then(work);
    this.tail = result.catch(() => undefined);
    return result;
  }

  /** Writes records and counts rejections; when it returns, both would survive a power cut. */
  commit(records: readonly PendingRecord[], rejections: Rejections): Promise<void> {
    if (this.isBroken) return Promise.reject(new Error('The spool is broken: restart the collector.'));
    return this.inTurn(() => this.commitNow(records, rejections));
  }

  private async commitNow(records: readonly PendingRecord[], rejections: Rejections): Promise<void> {
    const touched = new Set<SegmentWriter>();
    try {
      for (const record of records) touched.add(await this.write(record));
      await Promise.all([this.noteRejections(rejections), ...[...touched].map((writer) => writer.sync())]);
    } catch (error) {
      await this.abandonAll(new Set([...touched, ...this.writers.values()]));
      throw error;
    }
    for (const writer of touched) {
      writer.publish();
      this.segments.set(writer.segment.number, writer.segment);
    }
    for (const listener of this.listeners) listener();
  }

  private async noteRejections(rejections: Rejections): Promise<void> {
    if (!signals.some((signal) => (rejections[signal] ?? 0) > 0)) return;
    await this.ledger.change((entry) => {
      for (const signal of signals) {
        const count = rejections[signal] ?? 0;
        addTally(entry, signal, { received: count, rejected: count });
      }
    });
  }

  private async write(record: PendingRecord): Promise<SegmentWriter> {
    let writer = this.writers.get(record.table);
    if (writer && !this.hasRoom(writer, record)) {
      await this.finish(writer);
      writer = undefined;
    }
    if (!writer) {
      writer = await SegmentWriter.create(this.paths.segments, this.nextSegment++, record);
      this.writers.set(record.table, writer);
      await syncDirectory(this.paths.segments);
    }
    await writer.append(record);
    return writer;
  }

  private hasRoom(writer: SegmentWriter, record: PendingRecord): boolean {
    let bytes = writer.bytesWithUnsynced;
    for (const part of record.payload) bytes += part.length;
    return (
      writer.rowsWithUnsynced + record.rows <= this.limits.rowsPerSegmentMax &&
      bytes <= this.limits.bytesPerSegmentMax
    );
  }

  /** Seals a full segment in the middle of a commit; the part of the commit that it took becomes durable here. */
  private async finish(writer: SegmentWriter): Promise<void> {
    await writer.sync();
    writer.publish();
    this.segments.set(writer.segment.number, writer.segment);
    await this.closeWriter(writer);
  }

  private async closeWriter(writer: SegmentWriter): Promise<void> {
    this.writers.delete(writer.segment.table);
    writer.segment.isSealed = true;
    await writer.close();
  }

  /**
   * After an input/output error: cuts off what was not published. Where even that fails, memory and disk may differ, and
   * only a restart, which reads the disk, can tell what is true.
   */
  private async abandonAll(writers: ReadonlySet<SegmentWriter>): Promise<void> {
    try {
      for (const writer of writers) await this.abandon(writer);
    } catch (error) {
      this.isBroken = true;
      this.log.error(
        'The spool cannot undo a failed write; the collector stops and reads the disk anew on restart',
        {
          error: String(error),
        },
      );
    }
  }

  private async abandon(writer: SegmentWriter): Promise<void> {
    if (writer.segment.isSealed) return;
    this.writers.delete(writer.segment.table);
    writer.segment.isSealed = true;
    await writer.abandon();
    if (writer.segment.rows === 0) await rm(writer.segment.path, { force: true });
  }

  /** The oldest segment of a table that may be sent, sealing the open one if there is no other. */
  async nextToLoad(table: TableName, isHeld: (segment: Segment) => boolean): Promise<Segment | undefined> {
    const ready = this.find(table, isHeld);
    if (ready) return ready;
    await this.inTurn(async () => {
      const writer = this.writers.get(table);
      if (writer && writer.segment.rows > 0) await this.closeWriter(writer);
    });
    return this.find(table, isHeld);
  }

  private find(table: TableName, isHeld: (segment: Segment) => boolean): Segment | undefined {
    for (const segment of this.segments.values())
      if (segment.isSealed && segment.table === table && !isHeld(segment)) return segment;
    return undefined;
  }

  /** True when a table has rows that are not stored yet. */
  hasRows(table: TableName): boolean {
    for (const segment of this.segments.values()) if (segment.table === table) return true;
    return false;
  }

  async readPayloads(segment: Segment): Promise<Buffer[]> {
    const bytes = await readFile(segment.path);
    return segment.records.map(({ payloadAt, payloadBytes }) =>
      bytes.subarray(payloadAt, payloadAt + payloadBytes),
    );
  }

  /** Takes a segment out of the spool: all its rows are stored but those of the quarantined records. */
  async settle(segment: Segment, quarantined: readonly RecordSpan[]): Promise<void> {
    const aside = [...segment.damaged, ...quarantined].reduce((rows, record) => rows + record.rows, 0);
    const signal = tableSignals[segment.table];
    await this.ledger.change(
      (entry) => {
        addTally(entry, signal, {
          received: segment.received,
          stored: segment.rows - aside,
          quarantined: aside,
        });
        entry.settled.push(segment.number);
        entry.nextSegment = Math.max(entry.nextSegment, segment.number + 1);
      },
      () => this.segments.delete(segment.number),
    );
    await this.removeSettled(segment);
  }

  /** If this fails, the number stays in the ledger and the next start removes the file. */
  private async removeSettled(segment: Segment): Promise<void> {
    try {
      await rm(segment.path, { force: true });
      await rm(splitMarker(segment), { force: true });
      await syncDirectory(this.paths.segments);
      await this.ledger.change((entry) => {
        entry.settled = entry.settled.filter((number) => number !== segment.number);
      });
    } catch (error) {
      this.log.warn('A stored spool segment could not be removed yet', {
        file: segment.path,
        error: String(error),
      });
    }
  }

  /** Keeps a record that ClickHouse refuses for good, as a segment of its own beside the reason. */
  async quarantine(segment: Segment, record: RecordSpan, payload: Buffer, reason: string): Promise<void> {
    const name = segmentFileName(segment.number, segment.table).replace('.seg', `-${record.payloadAt}`);
    const preamble = encodePreamble({ table: segment.table, columns: [...segment.columns] });
    const parts = [preamble, ...encodeRecord([payload], record.rows, record.received)];
    await writeDurably(
      join(this.paths.quarantine, `${name}.json`),
      `${JSON.stringify({ table: segment.table, rows: record.rows, reason })}\n`,
    );
    await writeDurably(join(this.paths.quarantine, `${name}.seg`), parts);
    this.quarantineBytes += payload.length;
    this.log.error('ClickHouse refuses a block for good; it is kept in quarantine', {
      file: `${name}.seg`,
      rows: record.rows,
      reason,
    });
  }

  async close(): Promise<void> {
    await this.inTurn(async () => {
      for (const writer of [...this.writers.values()]) await this.closeWriter(writer);
    });
    await this.ledger.close();
  }
}

/** Beside a segment: its records are sent one by one from now on, also after a restart. */
export function splitMarker(segment: Segment): string {
  return `${segment.path}.split`;
}
