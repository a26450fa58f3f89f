const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const steps = [
  secondMs,
  5 * secondMs,
  15 * secondMs,
  30 * secondMs,
  minuteMs,
  2 * minuteMs,
  5 * minuteMs,
  10 * minuteMs,
  15 * minuteMs,
  30 * minuteMs,
  hourMs,
  2 * hourMs,
  3 * hourMs,
  6 * hourMs,
  12 * hourMs,
  dayMs,
  2 * dayMs,
  7 * dayMs,
  14 * dayMs,
  30 * dayMs,
];

/** Instants at which a time axis is marked: round ones of the reader's zone, at most `most` of them. */
export function timeTicks(fromMs: number, toMs: number, most: number, zoneOffsetMs: number): number[] {
  const step = steps.find((one) => (toMs - fromMs) / one <= most) ?? (toMs - fromMs) / Math.max(1, most);
  const first = Math.ceil((fromMs + zoneOffsetMs) / step) * step - zoneOffsetMs;
  const ticks: number[] = [];
  for (let at = first; at <= toMs && ticks.length <= most; at += step) ticks.push(at);
  return ticks;
}

/** Offset of a zone from UTC in milliseconds at an instant. */
export function zoneOffsetMs(zone: string, atMs: number): number {
  const whole = Math.floor(atMs / 1000) * 1000;
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(whole);
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) - whole;
}

/** Whether marks of an axis need the day (`day`), the minute or the second to be told apart. */
export function tickForm(fromMs: number, toMs: number): 'second' | 'minute' | 'day' {
  const width = toMs - fromMs;
  if (width <= 5 * minuteMs) return 'second';
  return width <= 36 * hourMs ? 'minute' : 'day';
}

/** Largest, latest and total of a series in words, for those who cannot see the chart. */
export function seriesSummary(
  label: string,
  values: readonly (number | null)[],
  format: (value: number) => string,
): string {
  const known = values.filter((value): value is number => value !== null);
  const last = known.at(-1);
  if (last === undefined) return `${label}: no data.`;
  const max = known.reduce((a, b) => Math.max(a, b));
  const min = known.reduce((a, b) => Math.min(a, b));
  return `${label}: latest ${format(last)}, lowest ${format(min)}, highest ${format(max)}.`;
}
