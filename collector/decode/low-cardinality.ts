import { copyBytes, TextColumn, type Column } from './columns.ts';

/** Key serialization version 1: every block brings its own keys. */
const versionBytes = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
/** Index type flags: the block has additional keys, and the dictionary is to be updated from them. */
const hasKeysAndUpdates = 0x600;

function uint64(low: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(low, 0);
  return bytes;
}

/** LowCardinality(String): a dictionary of the distinct values of a block, and an index into it per row. */
export class LowCardinalityColumn implements Column {
  readonly type = 'LowCardinality(String)';
  rows = 0;
  readonly dictionary = new TextColumn();
  private slots = new Int32Array(256);
  private hashes = new Int32Array(128);
  private starts = new Int32Array(128);
  private ends = new Int32Array(128);
  private indexes = new Uint32Array(512);
  private saved = 0;
  private readonly seed: number;

  /** The seed keeps senders from choosing values that collide. */
  constructor(seed: number) {
    this.seed = seed | 0;
  }

  /** Finds or adds a value; the index stays valid until reset. */
  indexOf(source: Buffer, from: number, to: number): number {
    let hash = this.seed;
    for (let at = from; at < to; at++) hash = Math.imul(hash ^ (source[at] as number), 16777619);
    hash ^= hash >>> 15;
    const mask = this.slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const entry = this.slots[slot] as number;
      if (entry === 0) return this.add(source, from, to, hash, slot);
      if (this.hashes[entry - 1] === hash && this.equals(entry - 1, source, from, to)) return entry - 1;
      slot = (slot + 1) & mask;
    }
  }

  private equals(entry: number, source: Buffer, from: number, to: number): boolean {
    const start = this.starts[entry] as number;
    if ((this.ends[entry] as number) - start !== to - from) return false;
    const bytes = this.dictionary.bytes;
    for (let at = from, other = start; at < to; at++, other++) if (bytes[other] !== source[at]) return false;
    return true;
  }

  private add(source: Buffer, from: number, to: number, hash: number, slot: number): number {
    const entry = this.dictionary.rows;
    if (entry === this.hashes.length) this.growEntries();
    this.dictionary.appendBytes(source, from, to);
    this.hashes[entry] = hash;
    this.ends[entry] = this.dictionary.length;
    this.starts[entry] = this.dictionary.length - (to - from);
    this.slots[slot] = entry + 1;
    if ((entry + 1) * 2 > this.slots.length) this.rehash();
    return entry;
  }

  private growEntries(): void {
    const grow = (old: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
      const next = new Int32Array(old.length * 2);
      next.set(old);
      return next;
    };
    this.hashes = grow(this.hashes);
    this.starts = grow(this.starts);
    this.ends = grow(this.ends);
  }

  private rehash(): void {
    this.slots = new Int32Array(this.slots.length * 2);
    const mask = this.slots.length - 1;
    for (let entry = 0; entry < this.dictionary.rows; entry++) {
      let slot = (this.hashes[entry] as number) & mask;
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
      this.slots[slot] = entry + 1;
    }
  }

  appendIndex(index: number): void {
    if (this.rows === this.indexes.length) {
      const next = new Uint32Array(this.indexes.length * 2);
      next.set(this.indexes);
      this.indexes = next;
    }
    this.indexes[this.rows++] = index;
  }

  appendBytes(source: Buffer, from: number, to: number): void {
    this.appendIndex(this.indexOf(source, from, to));
  }

  save(): void {
    this.saved = this.rows;
  }

  /** Dictionary entries of the abandoned rows stay: an entry that no row uses is harmless. */
  restore(): void {
    this.rows = this.saved;
  }

  reset(): void {
    this.rows = 0;
    this.dictionary.reset();
    if (this.slots.length > 8192) this.slots = new Int32Array(256);
    else this.slots.fill(0);
  }

  prefix(parts: Buffer[]): void {
    parts.push(versionBytes);
  }

  data(parts: Buffer[]): void {
    if (this.rows === 0) return;
    const width = this.dictionary.rows <= 256 ? 0 : this.dictionary.rows <= 65536 ? 1 : 2;
    parts.push(uint64(hasKeysAndUpdates | width), uint64(this.dictionary.rows));
    this.dictionary.data(parts);
    parts.push(uint64(this.rows), this.packed(width));
  }

  private packed(width: number): Buffer {
    const used = this.indexes.subarray(0, this.rows);
    if (width === 0) return Buffer.from(Uint8Array.from(used).buffer);
    if (width === 1) return Buffer.from(Uint16Array.from(used).buffer);
    return Buffer.from(used.buffer, 0, this.rows * 4);
  }
}

const nothing = Buffer.alloc(0);

/** A text that many rows of a request share, such as its service name: looked up once per block. */
export class SharedText {
  private bytes: Buffer = nothing;
  private owner: LowCardinalityColumn | undefined;
  private ownerBlock = -1;
  private index = 0;

  set(source: Buffer, from: number, to: number): void {
    this.bytes = Buffer.allocUnsafe(to - from);
    copyBytes(source, from, to, this.bytes, 0);
    this.owner = undefined;
  }

  clear(): void {
    this.bytes = nothing;
    this.owner = undefined;
  }

  /** Appends to a low-cardinality column; `block` tells apart the uses of a reset column. */
  appendTo(column: LowCardinalityColumn, block: number): void {
    if (this.owner !== column || this.ownerBlock !== block) {
      this.index = column.indexOf(this.bytes, 0, this.bytes.length);
      this.owner = column;
      this.ownerBlock = block;
    }
    column.appendIndex(this.index);
  }
}
