const editsMax = 3;

/** The known name nearest to a mistyped one, or undefined when none is near. */
export function suggest(mistyped: string, known: Iterable<string>): string | undefined {
  const allowed = Math.min(editsMax, Math.floor(mistyped.length / 2));
  let best: string | undefined;
  let bestEdits = allowed + 1;
  for (const name of known) {
    const edits = editDistance(mistyped.toLowerCase(), name.toLowerCase(), bestEdits);
    if (edits < bestEdits) {
      best = name;
      bestEdits = edits;
    }
  }
  return best;
}

/** Ending of a sentence about an unknown name: what was probably meant, else what there is. */
export function didYouMean(mistyped: string, known: readonly string[]): string {
  const near = suggest(mistyped, known);
  if (near !== undefined) return `; did you mean "${near}"?`;
  if (known.length === 0) return '';
  const shown = known.slice(0, 8).map((name) => `"${name}"`);
  const rest = known.length - shown.length;
  return `; known: ${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/** Optimal string alignment distance (a swap of neighbours is one edit); gives up at `limit`. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let edits = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, substituted);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) edits = Math.min(edits, (beforeLast[j - 2] ?? 0) + 1);
      row.push(edits);
    }
    beforeLast = last;
    last = row;
  }
  return Math.min(last[b.length] ?? limit, limit);
}
