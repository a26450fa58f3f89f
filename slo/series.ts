/** Counts of one minute as a rollup has them now. They only grow: a later reading holds the earlier one. */
export interface Slice {
  /** Minutes since the epoch. */
  readonly minute: number;
  readonly total: number;
  readonly bad: number;
}

const chunkMinutes = 1440;

interface Chunk {
  readonly total: Uint32Array;
  readonly bad: Uint32Array;
}

/** Counted slices of one indicator, by the minute; days without any take no room. */
export interface Series {
  readonly chunks: Map<number, Chunk>;
}

export function createSeries(): Series {
  return { chunks: new Map() };
}

/**
 * Takes in what was read. The larger count wins, so a reading that comes twice, late or out of order changes nothing
 * that a newer one has told: any order of the same readings gives the same series.
 */
export function putSlice(series: Series, { minute, total, bad }: Slice): void {
  const index = Math.floor(minute / chunkMinutes);
  let chunk = series.chunks.get(index);
  if (chunk === undefined) {
    chunk = { total: new Uint32Array(chunkMinutes), bad: new Uint32Array(chunkMinutes) };
    series.chunks.set(index, chunk);
  }
  const at = minute - index * chunkMinutes;
  chunk.total[at] = Math.max(chunk.total[at] ?? 0, total);
  chunk.bad[at] = Math.max(chunk.bad[at] ?? 0, bad);
}

/** Forgets whole days before a minute. */
export function forgetBefore(series: Series, minute: number): void {
  const first = Math.floor(minute / chunkMinutes);
  for (const index of series.chunks.keys()) if (index < first) series.chunks.delete(index);
}

/** Calls back for each minute of a stretch that has counts, oldest first. Bad is never more than total. */
export function eachSlice(
  series: Series,
  from: number,
  to: number,
  take: (minute: number, total: number, bad: number) => void,
): void {
  for (let index = Math.floor(from / chunkMinutes); index * chunkMinutes < to; index += 1) {
    const chunk = series.chunks.get(index);
    if (chunk === undefined) continue;
    const base = index * chunkMinutes;
    const end = Math.min(chunkMinutes, to - base);
    for (let at = Math.max(0, from - base); at < end; at += 1) {
      const total = chunk.total[at] ?? 0;
      if (total > 0) take(base + at, total, Math.min(total, chunk.bad[at] ?? 0));
    }
  }
}

/** Whether any minute of a stretch has counts. */
export function hasSlice(series: Series, from: number, to: number): boolean {
  for (let minute = from; minute < to; minute += 1) {
    const index = Math.floor(minute / chunkMinutes);
    const chunk = series.chunks.get(index);
    if (chunk !== undefined && (chunk.total[minute - index * chunkMinutes] ?? 0) > 0) return true;
  }
  return false;
}
