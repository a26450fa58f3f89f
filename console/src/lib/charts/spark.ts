export interface SparkBar {
  readonly x: number;
  readonly width: number;
  readonly good: number;
  readonly bad: number;
}

/** Bars of a sparkline in pixels. What happened at all is at least one pixel high, so that it cannot be overlooked. */
export function sparkBars(
  points: readonly { processed: number; failed: number }[],
  width: number,
  height: number,
): SparkBar[] {
  const max = Math.max(1, ...points.map((point) => Math.max(point.processed, point.failed)));
  const slot = width / Math.max(1, points.length);
  const gap = slot > 3 ? 1 : 0;
  const pixels = (value: number) => (value <= 0 ? 0 : Math.max(1, (value / max) * height));
  return points.map((point, index) => {
    const bad = pixels(point.failed);
    const good = Math.max(0, pixels(Math.max(point.processed, point.failed)) - bad);
    return { x: index * slot, width: Math.max(0.5, slot - gap), good, bad: Math.min(bad, height) };
  });
}
