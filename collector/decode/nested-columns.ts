import { Column64, copyBytes, TextColumn, type Column } from './columns.ts';
import { LowCardinalityColumn } from './low-cardinality.ts';

/** Map(LowCardinality(String), String): cumulative entry counts, then keys, then values. */
export class MapColumn implements Column {
  readonly type = 'Map(LowCardinality(String), String)';
  readonly keys: LowCardinalityColumn;
  readonly values = new TextColumn();
  private readonly offsets = new Column64('UInt64');

  constructor(seed: number) {
    this.keys = new LowCardinalityColumn(seed);
  }

  get rows(): number {
    return this.offsets.rows;
  }

  /** Closes a row: what was appended to keys and values since the last call is its content. */
  endRow(): void {
    this.offsets.append(this.keys.rows, 0);
  }

  save(): void {
    this.keys.save();
    this.values.save();
    this.offsets.save();
  }

  restore(): void {
    this.keys.restore();
    this.values.restore();
    this.offsets.restore();
  }

  reset(): void {
    this.keys.reset();
    this.values.reset();
    this.offsets.reset();
  }

  prefix(parts: Buffer[]): void {
    this.keys.prefix(parts);
  }

  data(parts: Buffer[]): void {
    this.offsets.data(parts);
    this.keys.data(parts);
    this.values.data(parts);
  }
}

/** Array(T), also one member of a Nested: cumulative element counts, then the elements. */
export class ArrayColumn<Inner extends Column> implements Column {
  readonly type: string;
  readonly inner: Inner;
  private readonly offsets = new Column64('UInt64');

  constructor(inner: Inner) {
    this.inner = inner;
    this.type = `Array(${inner.type})`;
  }

  get rows(): number {
    return this.offsets.rows;
  }

  endRow(): void {
    this.offsets.append(this.inner.rows, 0);
  }

  save(): void {
    this.inner.save();
    this.offsets.save();
  }

  restore(): void {
    this.inner.restore();
    this.offsets.restore();
  }

  reset(): void {
    this.inner.reset();
    this.offsets.reset();
  }

  prefix(parts: Buffer[]): void {
    this.inner.prefix(parts);
  }

  data(parts: Buffer[]): void {
    this.offsets.data(parts);
    this.inner.data(parts);
  }
}

/** Attributes that many rows of a request share (resource, scope): encoded once, then copied whole per row. */
export class SharedMap {
  private keys: Buffer = Buffer.allocUnsafeSlow(1024);
  private keysLength = 0;
  private readonly keyEnds: number[] = [];
  readonly values = new TextColumn();
  private owner: MapColumn | undefined;
  private ownerBlock = -1;
  private readonly indexes: number[] = [];

  clear(): void {
    this.keysLength = 0;
    this.keyEnds.length = 0;
    this.values.reset();
    this.owner = undefined;
  }

  /** Adds a key; the caller appends exactly one value to `values`. */
  addKey(source: Buffer, from: number, to: number): void {
    const needed = this.keysLength + to - from;
    if (needed > this.keys.length) {
      const next = Buffer.allocUnsafeSlow(Math.max(this.keys.length * 2, needed));
      this.keys.copy(next, 0, 0, this.keysLength);
      this.keys = next;
    }
    copyBytes(source, from, to, this.keys, this.keysLength);
    this.keysLength = needed;
    this.keyEnds.push(needed);
  }

  /** Appends one row to a map column; `block` tells apart the uses of a reset column. */
  appendTo(column: MapColumn, block: number): void {
    if (this.owner !== column || this.ownerBlock !== block) this.adopt(column, block);
    for (let index = 0; index < this.indexes.length; index++)
      column.keys.appendIndex(this.indexes[index] as number);
    column.values.appendEncoded(this.values.bytes, this.values.length, this.values.rows);
    column.endRow();
  }

  private adopt(column: MapColumn, block: number): void {
    this.indexes.length = 0;
    let from = 0;
    for (const to of this.keyEnds) {
      this.indexes.push(column.keys.indexOf(this.keys, from, to));
      from = to;
    }
    this.owner = column;
    this.ownerBlock = block;
  }
}
