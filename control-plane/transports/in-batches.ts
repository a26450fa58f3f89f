/**
 * Groups what arrives into batches of at most `batchMax`; each is handed over at the latest `lingerMs` after its
 * first item. Reads one item ahead at most.
 */
export async function* inBatches<T>(
  source: AsyncIterator<T>,
  batchMax: number,
  lingerMs: number,
): AsyncGenerator<T[]> {
  let next = ahead(source);
  for (;;) {
    const first = await next;
    if (first.done) return;
    const batch = [first.value];
    next = ahead(source);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), lingerMs);
    });
    while (batch.length < batchMax) {
      const item = await Promise.race([next, late]);
      if (item === 'late' || item.done) break;
      batch.push(item.value);
      next = ahead(source);
    }
    clearTimeout(timer);
    yield batch;
  }
}

/** A failure counts when its item is asked for, not before. */
function ahead<T>(source: AsyncIterator<T>): Promise<IteratorResult<T>> {
  const next = source.next();
  next.catch(() => undefined);
  return next;
}
