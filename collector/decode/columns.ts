/**
 * Growable columns in the layout of ClickHouse's Native format. Decoders append to them byte by byte, so a
 * span never exists as a JavaScript object. Every column can remember one state and return to it, which is
 * how a malformed request leaves no trace in a block that it shares with others.
 */
export interface Column {
  /** ClickHouse type as it stands in the block's header. */
  readonly type: string;
  readonly rows: number;
  /** Remembers the present length; one state at a time. */
  save(): void;
  /** Returns to the remembered length. */
  restore(): void;
  reset(): void;
  /** Appends the state that Native writes ahead of a column's data (dictionary versions of nested columns too). */
  prefix(parts: Buffer[]): void;
  /** Appends the column's data. The buffers stay valid until the next append or reset. */
  data(parts: Buffer[]): void;
}

const copyLoopBytesMax = 40;

/** Copies a byte range; short ones in a loop, because a call into the runtime costs more than they do. */
export function copyBytes(source: Buffer, from: number, to: number, target: Buffer, at: number): void {
  if (to - from > copyLoopBytesMax) {
    source.copy(target, at, from, to);
    return;
  }
  for (let index = from; index < to; index++) target[at++] = source[index] as number;
}

function grown(bytes: Buffer, used: number, needed: number): Buffer {
  const next = Buffer.allocUnsafeSlow(Math.max(bytes.length * 2, needed));
  bytes.copy(next, 0, 0, used);
  return next;
}

/** Eight bytes a row: UInt64, Int64, Float64, DateTime64. */
export class Column64 implements Column {
  readonly type: string;
  rows = 0;
  private words = new Uint32Array(512);
  private floats = new Float64Array(this.words.buffer);
  private saved = 0;

  constructor(type: string) {
    this.type = type;
  }

  /** Appends a 64-bit integer given as its low and high halves. */
  append(low: number, high: number): void {
    if (this.rows * 2 === this.words.length) this.grow();
    const at = this.rows++ * 2;
    this.words[at] = low;
    this.words[at + 1] = high;
  }

  appendFloat(value: number): void {
    if (this.rows * 2 === this.words.length) this.grow();
    this.floats[this.rows++] = value;
  }

  private grow(): void {
    const next = new Uint32Array(this.words.length * 2);
    next.set(this.words);
    this.words = next;
    this.floats = new Float64Array(next.buffer);
  }

  save(): void {
    this.saved = this.rows;
  }

  restore(): void {
    this.rows = this.saved;
  }

  reset(): void {
    this.rows = 0;
  }

  prefix(): void {}

  data(parts: Buffer[]): void {
    parts.push(Buffer.from(this.words.buffer, 0, this.rows * 8));
  }
}

/** Four bytes a row: UInt32, Int32. */
export class Column32 implements Column {
  readonly type: string;
  rows = 0;
  private words = new Uint32Array(512);
  private saved = 0;

  constructor(type: string) {
    this.type = type;
  }

  append(value: number): void {
    if (this.rows === this.words.length) {
      const next = new Uint32Array(this.words.length * 2);
      next.set(this.words);
      this.words = next;
    }
    this.words[this.rows++] = value;
  }

  save(): void {
    this.saved = this.rows;
  }

  restore(): void {
    this.rows = this.saved;
  }

  reset(): void {
    this.rows = 0;
  }

  prefix(): void {}

  data(parts: Buffer[]): void {
    parts.push(Buffer.from(this.words.buffer, 0, this.rows * 4));
  }
}

/** One byte a row: UInt8, Bool. */
export class Column8 implements Column {
  readonly type: string;
  rows = 0;
  private bytes: Buffer = Buffer.allocUnsafeSlow(512);
  private saved = 0;

  constructor(type: string) {
    this.type = type;
  }

  append(value: number): void {
    if (this.rows === this.bytes.length) this.bytes = grown(this.bytes, this.rows, this.rows + 1);
    this.bytes[this.rows++] = value;
  }

  save(): void {
    this.saved = this.rows;
  }

  restore(): void {
    this.rows = this.saved;
  }

  reset(): void {
    this.rows = 0;
  }

  prefix(): void {}

  data(parts: Buffer[]): void {
    parts.push(this.bytes.subarray(0, this.rows));
  }
}

const hexDigits = Buffer.from('0123456789abcdef', 'latin1');

/** String: a varint length and the bytes, row after row. */
export class TextColumn implements Column {
  readonly type = 'String';
  rows = 0;
  bytes: Buffer = Buffer.allocUnsafeSlow(4096);
  length = 0;
  private savedRows = 0;
  private savedLength = 0;

  private reserve(extra: number): void {
    const needed = this.length + extra;
    if (needed > this.bytes.length) this.bytes = grown(this.bytes, this.length, needed);
  }

  private appendLength(size: number): void {
    let rest = size;
    while (rest > 127) {
      this.bytes[this.length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
  }

  appendBytes(source: Buffer, from: number, to: number): void {
    this.reserve(to - from + 5);
    this.appendLength(to - from);
    copyBytes(source, from, to, this.bytes, this.length);
    this.length += to - from;
    this.rows++;
  }

  appendString(text: string): void {
    const size = Buffer.byteLength(text, 'utf8');
    this.reserve(size + 5);
    this.appendLength(size);
    this.length += this.bytes.write(text, this.length, size, 'utf8');
    this.rows++;
  }

  appendEmpty(): void {
    this.reserve(1);
    this.bytes[this.length++] = 0;
    this.rows++;
  }

  /** Appends the lower-case hex digits of the first `size` bytes. */
  appendHex(source: Buffer, size: number): void {
    this.reserve(size * 2 + 5);
    this.appendLength(size * 2);
    for (let index = 0; index < size; index++) {
      const byte = source[index] as number;
      this.bytes[this.length++] = hexDigits[byte >> 4] as number;
      this.bytes[this.length++] = hexDigits[byte & 15] as number;
    }
    this.rows++;
  }

  /** Appends rows that another text column has already encoded. */
  appendEncoded(source: Buffer, size: number, rows: number): void {
    this.reserve(size);
    copyBytes(source, 0, size, this.bytes, this.length);
    this.length += size;
    this.rows += rows;
  }

  save(): void {
    this.savedRows = this.rows;
    this.savedLength = this.length;
  }

  restore(): void {
    this.rows = this.savedRows;
    this.length = this.savedLength;
  }

  reset(): void {
    this.rows = 0;
    this.length = 0;
  }

  prefix(): void {}

  data(parts: Buffer[]): void {
    parts.push(this.bytes.subarray(0, this.length));
  }
}
