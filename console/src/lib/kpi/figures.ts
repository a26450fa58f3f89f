import type { Kpi, KpiFigure, KpiTile } from '#lib/api-types.ts';
import { duration } from '#lib/format/duration.ts';
import { money } from '#lib/format/money.ts';
import { count, noData, percent } from '#lib/format/number.ts';
import type { Status } from '#lib/status.ts';

export const kpiStatuses: Record<KpiTile['status'], Status> = {
  met: { label: 'On target', tone: 'good', icon: 'check' },
  missed: { label: 'Off target', tone: 'bad', icon: 'cross' },
  no_data: { label: 'No data', tone: 'idle', icon: 'dash' },
  not_measured: { label: 'Not measured', tone: 'idle', icon: 'muted' },
};

/** What became of a row, in a word. */
export const verdicts: Readonly<Record<string, Status>> = {
  on_time: { label: 'On time', tone: 'good', icon: 'check' },
  late: { label: 'Late', tone: 'warn', icon: 'clock' },
  overdue: { label: 'Overdue', tone: 'bad', icon: 'alert' },
  open: { label: 'Open', tone: 'bad', icon: 'alert' },
  within: { label: 'Within tolerance', tone: 'good', icon: 'check' },
  off: { label: 'Off', tone: 'bad', icon: 'cross' },
  delivered: { label: 'Delivered', tone: 'good', icon: 'check' },
  failed: { label: 'Failed', tone: 'bad', icon: 'cross' },
  recovered: { label: 'Recovered', tone: 'good', icon: 'retry' },
  satisfied: { label: 'Satisfied', tone: 'good', icon: 'check' },
  tolerated: { label: 'Tolerated', tone: 'warn', icon: 'clock' },
  frustrated: { label: 'Frustrated', tone: 'bad', icon: 'cross' },
};

/** The value of a tile as text, with the unit that its kind has. */
export function valueText(value: number | null, unit: KpiTile['unit']): string {
  if (value === null) return noData;
  if (unit === 'duration') return duration(value);
  return unit === 'score' ? value.toFixed(3) : percent(value);
}

/** `at least 99%`, `at most 4 h`. */
export function targetText({
  target,
  unit,
  higherIsBetter,
}: Pick<Kpi, 'target' | 'unit' | 'higherIsBetter'>) {
  return `${higherIsBetter ? 'at least' : 'at most'} ${valueText(target, unit)}`;
}

export function figureText({ value, unit, currency }: KpiFigure): string {
  if (value === null) return noData;
  if (unit === 'money') return money(String(value), currency ?? '');
  if (unit === 'quantity') return quantity(String(value));
  const number = Number(value);
  if (unit === 'duration') return duration(number);
  if (unit === 'ratio') return percent(number);
  return unit === 'score' ? number.toFixed(3) : count(number);
}

/** A decimal without the noughts that say nothing, grouped, never through a float. */
export function quantity(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d*?)0*)?$/.exec(text.trim());
  if (!match) return text;
  const [, sign = '', integer = '0', fraction = ''] = match;
  return `${sign && '−'}${integer.replace(/\B(?=(\d{3})+$)/g, ',')}${fraction && `.${fraction}`}`;
}

/** How far a value went since the period before, and whether that is better; null where either says nothing. */
export function changeOf({
  value,
  previous,
  unit,
  higherIsBetter,
}: Pick<KpiTile, 'value' | 'previous' | 'unit' | 'higherIsBetter'>): {
  text: string;
  isBetter: boolean | null;
} | null {
  if (value === null || previous.value === null) return null;
  const step = value - previous.value;
  if (valueText(value, unit) === valueText(previous.value, unit))
    return { text: 'unchanged', isBetter: null };
  const isBetter = step > 0 === higherIsBetter;
  const size =
    unit === 'duration'
      ? duration(Math.abs(step))
      : unit === 'score'
        ? Math.abs(step).toFixed(3)
        : `${(Math.abs(step) * 100).toFixed(2)} points`;
  return { text: `${size} ${step > 0 ? 'more' : 'less'}, ${isBetter ? 'better' : 'worse'}`, isBetter };
}

const monthName = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' });
const dayName = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeZone: 'UTC' });
const shortDay = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
});

/** A period by its first date: `November 2026`, `Week of 23 Nov 2026`, `Tuesday 24 November 2026`. */
export function periodText(period: 'day' | 'week' | 'month', date: string): string {
  const at = Date.parse(`${date}T00:00:00Z`);
  if (period === 'month') return monthName.format(at);
  return period === 'day' ? dayName.format(at) : `Week of ${shortDay.format(at)}`;
}

/** The way of the trend in one sentence, for those who do not see the chart. */
export function trendText({ series, unit }: Pick<KpiTile, 'series' | 'unit'>): string {
  const known = series.flatMap(({ value }) => (value === null ? [] : value));
  if (known.length === 0) return 'No point of the trend has data.';
  const [lowest, highest] = [Math.min(...known), Math.max(...known)];
  const last = known.at(-1) ?? null;
  return `${known.length} of ${series.length} points have data; lowest ${valueText(lowest, unit)}, highest ${valueText(highest, unit)}, last ${valueText(last, unit)}.`;
}

/** Points of a line in a box; null where a point has no value, so that the line has a gap. */
export function sparkPoints(
  values: readonly (number | null)[],
  target: number,
  width: number,
  height: number,
): { points: ({ x: number; y: number } | null)[]; targetY: number } {
  const known = [...values.filter((value) => value !== null), target];
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const span = high - low || Math.abs(high) || 1;
  const y = (value: number) => 3 + (height - 6) * (1 - (value - low) / span);
  const step = values.length > 1 ? (width - 4) / (values.length - 1) : 0;
  return {
    points: values.map((value, index) => (value === null ? null : { x: 2 + index * step, y: y(value) })),
    targetY: y(target),
  };
}
