import type { ChartConfiguration, ChartDataset } from 'chart.js';
import { clockTime, dayAndMinute, dayAndTime } from '../time/instant.ts';
import { tickForm, timeTicks, zoneOffsetMs } from './axis.ts';

export interface Series {
  readonly label: string;
  /** Name of a colour token, such as `series-1` or `bad`. */
  readonly colour: string;
  readonly values: readonly (number | null)[];
  readonly kind?: 'bar' | 'line';
  readonly stack?: boolean;
  readonly dashed?: boolean;
}

export interface ChartInput {
  readonly instants: readonly number[];
  readonly series: readonly Series[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  readonly zone: string;
  readonly nowMs: number;
  readonly format: (value: number) => string;
}

/** What chart.js draws. `colour` gives the value of a token in the present theme. */
export function chartConfig(
  input: ChartInput,
  colour: (token: string) => string,
): ChartConfiguration<'bar' | 'line'> {
  const { fromMs, toMs, zone } = input;
  const form = tickForm(fromMs, toMs);
  const label = (at: number) =>
    form === 'day'
      ? dayAndMinute(at, zone).slice(0, 6)
      : clockTime(at, zone).slice(0, form === 'second' ? 8 : 5);
  const ticks = timeTicks(fromMs, toMs, 7, zoneOffsetMs(zone, fromMs));
  return {
    type: 'bar',
    data: { datasets: input.series.map((one) => dataset(one, input, colour)) },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      interaction: { mode: 'index', intersect: false },
      plugins: {
        legend: { display: false },
        tooltip: {
          backgroundColor: colour('raised'),
          borderColor: colour('line-strong'),
          borderWidth: 1,
          titleColor: colour('text'),
          bodyColor: colour('text'),
          boxWidth: 8,
          boxHeight: 8,
          boxPadding: 4,
          padding: 10,
          callbacks: {
            title: (items) => dayAndTime(items[0]?.parsed.x ?? 0, zone, input.nowMs),
            label: (item) =>
              ` ${item.dataset.label}: ${item.parsed.y === null ? 'no data' : input.format(item.parsed.y)}`,
          },
        },
      },
      scales: {
        x: {
          type: 'linear',
          min: fromMs,
          max: toMs,
          stacked: true,
          offset: false,
          grid: { display: false },
          border: { color: colour('line') },
          afterBuildTicks: (axis) => (axis.ticks = ticks.map((value) => ({ value }))),
          ticks: {
            color: colour('muted'),
            maxRotation: 0,
            autoSkip: false,
            callback: (value) => label(Number(value)),
          },
        },
        y: {
          beginAtZero: true,
          stacked: input.series.some((one) => one.stack),
          grid: { color: colour('line'), lineWidth: 1 },
          border: { display: false },
          ticks: {
            color: colour('muted'),
            maxTicksLimit: 5,
            callback: (value) => input.format(Number(value)),
          },
        },
      },
    },
  };
}

function dataset(
  series: Series,
  input: ChartInput,
  colour: (token: string) => string,
): ChartDataset<'bar' | 'line'> {
  const data = series.values.map((y, index) => ({ x: (input.instants[index] ?? 0) + input.stepMs / 2, y }));
  const paint = colour(series.colour);
  const shared = { label: series.label, data: data as never, parsing: false as const, normalized: true };
  if (series.kind === 'line') {
    return {
      ...shared,
      type: 'line',
      borderColor: paint,
      backgroundColor: paint,
      borderWidth: 1.75,
      ...(series.dashed ? { borderDash: [4, 3] } : {}),
      pointRadius: data.length < 3 ? 3 : 0,
      pointHoverRadius: 3,
      spanGaps: false,
      tension: 0.15,
    };
  }
  return {
    ...shared,
    type: 'bar',
    backgroundColor: paint,
    barPercentage: 1,
    categoryPercentage: 0.86,
    ...(series.stack ? { stack: 'all' } : {}),
  };
}
