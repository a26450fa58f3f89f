import type { IdRef, TextRef, Word64 } from '../row-fields.ts';
import { wireBytes, wireFixed32, wireFixed64, wireVarint, type Wire } from './wire.ts';

/** Each reader takes the field at hand when its wire type fits, and passes over it when not. */
export function takeText(wire: Wire, into: TextRef): void {
  if (wire.wire !== wireBytes) return wire.skip();
  const to = wire.lengthEnd();
  into.set(wire.buffer, wire.at, to);
  wire.at = to;
}

export function takeId(wire: Wire, into: IdRef): void {
  if (wire.wire !== wireBytes) return wire.skip();
  const to = wire.lengthEnd();
  into.setRaw(wire.buffer, wire.at, to);
  wire.at = to;
}

export function takeFixed64(wire: Wire, into: Word64): void {
  if (wire.wire !== wireFixed64) return wire.skip();
  wire.fixed64();
  into.set(wire.low, wire.high);
}

export function takeDouble(wire: Wire, otherwise: number): number {
  if (wire.wire === wireFixed64) return wire.double();
  wire.skip();
  return otherwise;
}

export function takeVarint(wire: Wire, otherwise: number): number {
  if (wire.wire === wireVarint) return wire.varint32();
  wire.skip();
  return otherwise;
}

/** A signed 32-bit integer in zigzag form. */
export function takeZigzag(wire: Wire, otherwise: number): number {
  if (wire.wire !== wireVarint) {
    wire.skip();
    return otherwise;
  }
  const value = wire.varint32();
  return (value >>> 1) ^ -(value & 1);
}

export function takeFixed32(wire: Wire, otherwise: number): number {
  if (wire.wire === wireFixed32) return wire.fixed32();
  wire.skip();
  return otherwise;
}
