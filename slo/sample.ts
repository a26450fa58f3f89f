import { recommendedAlerts } from '@plumbline/model/catalog/burn-windows.ts';
import type { Objective } from '@plumbline/model/catalog/objective.ts';
import { createSeries, putSlice, type Series } from './series.ts';
import { type Measurements, type Tape, windTape } from './tape.ts';

/** An objective of 99.9 % over 30 days with the recommended alerts, for tests and the bench. */
export function sampleObjective(more: Partial<Objective> = {}): Objective {
  const window = more.window ?? { kind: 'rolling' as const, minutes: 43_200 };
  const target = more.target ?? 0.999;
  return {
    name: 'orders-taken',
    title: 'Orders are taken',
    description: '',
    service: 'erp',
    indicator: { flow: 'shop-to-erp', operation: 'process', bad: 'failed' },
    target,
    budgeting: { method: 'occurrences' },
    window,
    calendar: null,
    alerts: recommendedAlerts(window, target, 1),
    alertOnStale: true,
    notify: [],
    lowTraffic: { badEventsMin: 3, budgetShareMin: 0.01 },
    expectedEveryMinutes: 5,
    ...more,
  };
}

/** A series of the counts that are given for each minute; null where nothing is counted. */
export function seriesOf(
  from: number,
  to: number,
  countsOf: (minute: number) => readonly [total: number, bad: number] | null,
): Series {
  const series = createSeries();
  for (let minute = from; minute < to; minute += 1) {
    const counts = countsOf(minute);
    if (counts !== null) putSlice(series, { minute, total: counts[0], bad: counts[1] });
  }
  return series;
}

/** What is measured when the flow itself is all that is heard of its reporter. */
export function measure(counts: Series, more: Partial<Measurements> = {}): Measurements {
  return { counts, heard: counts, open: null, corrected: [], sinceMinute: 0, ...more };
}

export function tapeOf(
  objective: Objective,
  from: number,
  to: number,
  countsOf: (minute: number) => readonly [total: number, bad: number] | null,
  more: Partial<Measurements> = {},
): Tape {
  return windTape(objective, measure(seriesOf(from, to, countsOf), { sinceMinute: from, ...more }), from, to);
}
