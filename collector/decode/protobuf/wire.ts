import { DecodeError } from '../decode-error.ts';

export const wireVarint = 0;
export const wireFixed64 = 1;
export const wireBytes = 2;
const wireGroupStart = 3;
const wireGroupEnd = 4;
export const wireFixed32 = 5;

const groupDepthMax = 32;
const doubleView = new DataView(new ArrayBuffer(8));

function malformed(): never {
  throw new DecodeError('malformed', 'The body is not a well-formed protobuf message of this signal.');
}

/**
 * A cursor over a protobuf message. `field` and `wire` describe the field at hand; the low and high halves hold the last
 * 64-bit value, because nanoseconds do not fit a JavaScript number.
 */
export class Wire {
  readonly buffer: Buffer;
  at: number;
  end: number;
  field = 0;
  wire = 0;
  low = 0;
  high = 0;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
    this.at = 0;
    this.end = buffer.length;
  }

  /** Moves to the next field of the message; false at its end. */
  next(): boolean {
    if (this.at >= this.end) return false;
    const tag = this.varint32();
    this.field = tag >>> 3;
    this.wire = tag & 7;
    if (this.field === 0) malformed();
    return true;
  }

  /** Moves into a range found before. */
  visit(from: number, to: number): void {
    this.at = from;
    this.end = to;
  }

  /** Reads a varint, keeping its low 32 bits. */
  varint32(): number {
    const first = this.buffer[this.at] as number;
    if (first < 128 && this.at < this.end) {
      this.at++;
      return first;
    }
    this.varint64();
    return this.low;
  }

  varint64(): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= this.end) malformed();
      const byte = this.buffer[this.at++] as number;
      const bits = byte & 127;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >>> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else high |= bits << 31;
      if (byte < 128) {
        this.low = low >>> 0;
        this.high = high >>> 0;
        return;
      }
    }
    malformed();
  }

  fixed64(): void {
    if (this.at + 8 > this.end) malformed();
    const buffer = this.buffer;
    const at = this.at;
    this.low =
      ((buffer[at] as number) |
        ((buffer[at + 1] as number) << 8) |
        ((buffer[at + 2] as number) << 16) |
        ((buffer[at + 3] as number) << 24)) >>>
      0;
    this.high =
      ((buffer[at + 4] as number) |
        ((buffer[at + 5] as number) << 8) |
        ((buffer[at + 6] as number) << 16) |
        ((buffer[at + 7] as number) << 24)) >>>
      0;
    this.at += 8;
  }

  fixed32(): number {
    if (this.at + 4 > this.end) malformed();
    const value = this.buffer.readUInt32LE(this.at);
    this.at += 4;
    return value;
  }

  double(): number {
    this.fixed64();
    doubleView.setUint32(0, this.low, true);
    doubleView.setUint32(4, this.high, true);
    return doubleView.getFloat64(0, true);
  }

  /** Reads the length of a bytes, text or message field and returns where it ends; `at` is where it starts. */
  lengthEnd(): number {
    const size = this.varint32();
    const to = this.at + size;
    if (to > this.end) malformed();
    return to;
  }

  /** Passes over the value of the field at hand. */
  skip(depth = 0): void {
    if (this.wire === wireBytes) this.at = this.lengthEnd();
    else if (this.wire === wireVarint) this.varint64();
    else if (this.wire === wireFixed64) this.fixed64();
    else if (this.wire === wireFixed32) this.fixed32();
    else if (this.wire === wireGroupStart && depth < groupDepthMax) this.skipGroup(depth);
    else malformed();
  }

  private skipGroup(depth: number): void {
    const field = this.field;
    while (this.next()) {
      if (this.wire === wireGroupEnd) {
        if (this.field !== field) malformed();
        return;
      }
      this.skip(depth + 1);
    }
    malformed();
  }
}

/** Ranges of a message that are visited once the rest of it has been read. */
export class Ranges {
  private bounds = new Int32Array(64);
  count = 0;

  clear(): void {
    this.count = 0;
  }

  /** Notes the bytes field at hand and passes over it. */
  add(wire: Wire): void {
    const to = wire.lengthEnd();
    this.push(wire.at, to);
    wire.at = to;
  }

  /** Notes one unpacked fixed64 of a repeated field. */
  addFixed64(wire: Wire): void {
    const from = wire.at;
    wire.fixed64();
    this.push(from, wire.at);
  }

  /** Notes one unpacked varint of a repeated field. */
  addVarint(wire: Wire): void {
    const from = wire.at;
    wire.varint64();
    this.push(from, wire.at);
  }

  private push(from: number, to: number): void {
    if (this.count * 2 === this.bounds.length) {
      const next = new Int32Array(this.bounds.length * 2);
      next.set(this.bounds);
      this.bounds = next;
    }
    this.bounds[this.count * 2] = from;
    this.bounds[this.count * 2 + 1] = to;
    this.count++;
  }

  /** Moves the cursor into one of the ranges. */
  visit(wire: Wire, index: number): void {
    wire.visit(this.bounds[index * 2] as number, this.bounds[index * 2 + 1] as number);
  }
}
