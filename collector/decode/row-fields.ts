import type { TextColumn } from './columns.ts';

/** A text of the row at hand, as a range of the request (or of what an escape sequence expanded to). */
export class TextRef {
  private static readonly nothing = Buffer.alloc(0);
  source: Buffer = TextRef.nothing;
  from = 0;
  to = 0;

  set(source: Buffer, from: number, to: number): void {
    this.source = source;
    this.from = from;
    this.to = to;
  }

  clear(): void {
    this.source = TextRef.nothing;
    this.from = 0;
    this.to = 0;
  }

  get isEmpty(): boolean {
    return this.to === this.from;
  }
}

function nibble(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

const sizeMax = 16;

/** A trace or span id of the row at hand. An id that cannot be one keeps the size -1. */
export class IdRef {
  readonly bytes: Buffer = Buffer.alloc(sizeMax);
  size = 0;

  clear(): void {
    this.size = 0;
  }

  setRaw(source: Buffer, from: number, to: number): void {
    this.size = to - from > sizeMax ? -1 : to - from;
    for (let index = 0; index < this.size; index++) this.bytes[index] = source[from + index] as number;
  }

  /** Reads hex digits in either case, as OTLP/JSON writes ids. */
  setHex(source: Buffer, from: number, to: number): void {
    const digits = to - from;
    this.size = digits % 2 === 0 && digits <= sizeMax * 2 ? digits / 2 : -1;
    for (let index = 0; index < this.size; index++) {
      const high = nibble(source[from + index * 2] as number);
      const low = nibble(source[from + index * 2 + 1] as number);
      if (high < 0 || low < 0) this.size = -1;
      else this.bytes[index] = high * 16 + low;
    }
  }

  private get isZero(): boolean {
    for (let index = 0; index < this.size; index++) if (this.bytes[index] !== 0) return false;
    return true;
  }

  /** True for an id of the right size that is not all zero, which the standard forbids. */
  isPresent(size: number): boolean {
    return this.size === size && !this.isZero;
  }

  /** True when the id is right or absent; all zero counts as absent. */
  isPresentOrAbsent(size: number): boolean {
    return this.size === 0 || this.size === size;
  }

  appendTo(column: TextColumn): void {
    if (this.size <= 0 || this.isZero) column.appendEmpty();
    else column.appendHex(this.bytes, this.size);
  }
}

const wordSize = 4294967296;

/** A 64-bit integer of the row at hand, as unsigned halves; nanoseconds do not fit a JavaScript number. */
export class Word64 {
  low = 0;
  high = 0;

  set(low: number, high: number): void {
    this.low = low >>> 0;
    this.high = high >>> 0;
  }

  clear(): void {
    this.low = 0;
    this.high = 0;
  }

  /** Accurate to about 256 ns for present times: enough to judge age, not to store. */
  get approximate(): number {
    return this.high * wordSize + this.low;
  }

  get isZero(): boolean {
    return this.low === 0 && this.high === 0;
  }

  setBigInt(value: bigint): void {
    this.set(Number(value & 0xffffffffn), Number((value >> 32n) & 0xffffffffn));
  }
}

/** Writes `end - start` into `into`, or zero when the end comes first. */
export function setDifference(into: Word64, end: Word64, start: Word64): void {
  if (end.high < start.high || (end.high === start.high && end.low <= start.low)) return into.clear();
  const low = end.low - start.low;
  into.set(low, end.high - start.high - (low < 0 ? 1 : 0));
}
