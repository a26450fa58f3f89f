/** How many of the latest rows the reader does not see yet. They are offered, never pushed in. */
export function unseenCount<Row>(
  shown: readonly Row[],
  latest: readonly Row[],
  identity: (row: Row) => string,
): number {
  const seen = new Set(shown.map(identity));
  return latest.reduce((total, row) => total + (seen.has(identity(row)) ? 0 : 1), 0);
}

/** The latest rows in the order in which they already stand on the screen; unknown ones at the end. */
export function inShownOrder<Row>(
  order: readonly string[],
  latest: readonly Row[],
  identity: (row: Row) => string,
): Row[] {
  const place = new Map(order.map((id, index) => [id, index]));
  const of = (row: Row) => place.get(identity(row)) ?? Number.MAX_SAFE_INTEGER;
  return latest.toSorted((a, b) => of(a) - of(b));
}
