/**
 * Whether an object in a JSON text says one name twice. What was parsed holds only the last of them, so nothing that
 * was looked for in it was looked for in the others. @param value what the text was parsed to
 */
export function hasRepeatedNames(text: string, value: unknown): boolean {
  return writtenNames(text) !== countNames(value);
}

/** Outside of texts a colon stands behind each name, and nowhere else. */
function writtenNames(text: string): number {
  let names = 0;
  let isInText = false;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (sign === '"') isInText = !isInText;
    else if (isInText && sign === '\\') at += 1;
    else if (!isInText && sign === ':') names += 1;
  }
  return names;
}

function countNames(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inner = Object.values(value) as unknown[];
  const own = Array.isArray(value) ? 0 : inner.length;
  return inner.reduce<number>((sum, one) => sum + countNames(one), own);
}
