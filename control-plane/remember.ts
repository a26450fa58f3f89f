interface Kept<Value> {
  readonly untilMs: number;
  readonly value: Promise<Value>;
}

/**
 * Keeps answers for a short time, and lets all who ask meanwhile share one. What fails is not kept.
 * @param keptMax the oldest answers above this are forgotten.
 */
export function rememberFor<Value>(lifeMs: number, now: () => Date, keptMax = 100) {
  const kept = new Map<string, Kept<Value>>();
  return (key: string, ask: () => Promise<Value>): Promise<Value> => {
    const nowMs = now().getTime();
    const known = kept.get(key);
    if (known && known.untilMs > nowMs) return known.value;
    const value = ask();
    kept.delete(key);
    kept.set(key, { untilMs: nowMs + lifeMs, value });
    value.catch(() => {
      if (kept.get(key)?.value === value) kept.delete(key);
    });
    for (const oldest of kept.keys()) {
      if (kept.size <= keptMax) break;
      kept.delete(oldest);
    }
    return value;
  };
}
