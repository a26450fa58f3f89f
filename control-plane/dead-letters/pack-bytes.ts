/**
 * Many texts of bytes as one, for a single binary parameter: `substring(bytes FROM start FOR length)` gives each back.
 * Starts count from 1, as in SQL; null stays null.
 */
export function packBytes(parts: readonly (Buffer | null)[]) {
  let at = 1;
  const starts: (number | null)[] = [];
  for (const part of parts) {
    starts.push(part === null ? null : at);
    at += part?.length ?? 0;
  }
  return {
    bytes: Buffer.concat(parts.filter((part) => part !== null)),
    starts,
    lengths: parts.map((part) => part?.length ?? null),
  };
}
