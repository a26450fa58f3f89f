/**
 * Ids by which a list can be drawn: of those that come more than once, as a span does that was sent twice, the later ones
 * get a number.
 */
export function uniqueIds(ids: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return ids.map((id) => {
    const before = seen.get(id) ?? 0;
    seen.set(id, before + 1);
    // Ids hold no such character by themselves, so a numbered one equals no other.
    return before === 0 ? id : `${id}\u0000${before}`;
  });
}
