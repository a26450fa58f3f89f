/** Numbers that a double cannot hold stay what they were written as: see `parseExact`. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

// ECMAScript 2026 (JSON.parse source text access), which Node has and the compiler's library does not know yet.
declare global {
  interface JSON {
    rawJSON(text: string): { rawJSON: string };
    isRawJSON(value: unknown): boolean;
    parse(
      text: string,
      reviver: (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown,
    ): unknown;
  }
}

/**
 * Parses JSON so that writing it again gives every number as it was written: 12345678901234567890, 1.10 and 1e400 survive.
 * @throws SyntaxError
 */
export function parseExact(text: string): Json {
  return JSON.parse(text, (_key: string, value: unknown, { source }: { source?: string }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source
      ? JSON.rawJSON(source)
      : value,
  ) as Json;
}

/** Whether a value is a number that is kept as it was written. */
export function isExact(value: unknown): boolean {
  return JSON.isRawJSON(value);
}
