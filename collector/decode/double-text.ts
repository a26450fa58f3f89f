/** Text of a double: the shortest that reads back the same, as ECMAScript and Go's JSON both write it. */
export function doubleText(value: number): string {
  return String(value);
}

/** A double inside compact JSON; what JSON has no number for is written as a string. */
export function doubleJson(value: number): string {
  return Number.isFinite(value) ? String(value) : `"${value}"`;
}
