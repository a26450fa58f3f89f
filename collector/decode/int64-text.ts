const wordSize = 4294967296;

/** Decimal text of a signed 64-bit integer given as unsigned halves. */
export function int64Text(low: number, high: number): string {
  const signedHigh = high | 0;
  if (signedHigh >= -2097152 && signedHigh < 2097152) return String(signedHigh * wordSize + low);
  return String(BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low)));
}

/** A signed 64-bit integer as the nearest double, which is what a metric's value column holds. */
export function int64Double(low: number, high: number): number {
  const signedHigh = high | 0;
  if (signedHigh >= -2097152 && signedHigh < 2097152) return signedHigh * wordSize + low;
  return Number(BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low)));
}
