import type { FlowIndicator } from '@plumbline/model/catalog/objective.ts';
import type { Catalog } from '@plumbline/model/catalog/schema.ts';
import { type Interval, minuteOf } from './interval.ts';
import type { FlowReading } from './queries.ts';
import { createSeries, eachSlice, forgetBefore, putSlice, type Series } from './series.ts';

/** What has been read of all objectives of a catalog. Lives in memory; a restart reads it again. */
export interface Readings {
  /** By indicator: objectives that count the same share a series. */
  readonly counts: ReadonlyMap<string, Series>;
  /** By system: the minutes in which it said anything. */
  readonly heard: Map<string, Series>;
  readonly flows: ReadonlyMap<string, { readonly source: string; readonly target: string }>;
  readonly indicators: ReadonlyMap<string, readonly FlowIndicator[]>;
  /** Minute of the newest message of any flow; null: there never was one. */
  newestMinute: number | null;
}

export function createReadings(catalog: Pick<Catalog, 'flows' | 'objectives'>): Readings {
  const counts = new Map<string, Series>();
  const indicators = new Map<string, FlowIndicator[]>();
  for (const { indicator } of catalog.objectives) {
    const key = indicatorKey(indicator);
    if (counts.has(key)) continue;
    counts.set(key, createSeries());
    indicators.set(indicator.flow, [...(indicators.get(indicator.flow) ?? []), indicator]);
  }
  const flows = new Map(catalog.flows.map(({ name, source, target }) => [name, { source, target }]));
  return { counts, heard: new Map(), flows, indicators, newestMinute: null };
}

/** Takes in readings. The same again, or an older one, changes nothing. */
export function takeIn(readings: Readings, rows: readonly FlowReading[]): void {
  for (const row of rows) {
    const newest = minuteOf(row.newest * 1000);
    readings.newestMinute = Math.max(readings.newestMinute ?? newest, newest);
    const minutes = addUp(row);
    hear(readings, row.flow, minutes);
    for (const indicator of readings.indicators.get(row.flow) ?? []) {
      const series = readings.counts.get(indicatorKey(indicator));
      if (series === undefined) continue;
      for (const [minute, counts] of minutes) putSlice(series, { minute, ...judged(indicator, counts) });
    }
  }
}

/** What an objective counts. Empty when the catalog that the readings were made for did not hold it. */
export function countsOf(readings: Readings, indicator: FlowIndicator): Series {
  return readings.counts.get(indicatorKey(indicator)) ?? createSeries();
}

/** When the system that reports an indicator was heard: the target of a flow tells what it processed, the source what it sent. */
export function heardOf(readings: Readings, { flow, operation }: FlowIndicator): Series {
  const sides = readings.flows.get(flow);
  const reporter = operation === 'process' ? sides?.target : sides?.source;
  return readings.heard.get(reporter ?? '') ?? createSeries();
}

/** In how many minutes of a stretch systems were heard, added up over all of them. */
export function countHeard({ heard }: Readings, { from, to }: Interval): number {
  let count = 0;
  for (const series of heard.values()) eachSlice(series, from, to, () => (count += 1));
  return count;
}

/** First minute that a series tells of; null when it tells of none. */
export function firstMinute(series: Series): number | null {
  const oldest = Math.min(...series.chunks.keys());
  if (!Number.isFinite(oldest)) return null;
  let first: number | null = null;
  eachSlice(series, oldest * 1440, (oldest + 1) * 1440, (minute) => (first ??= minute));
  return first;
}

export function forget(readings: Readings, before: number): void {
  for (const series of [...readings.counts.values(), ...readings.heard.values()])
    forgetBefore(series, before);
}

/** Objectives that count the same have the same one. */
export function indicatorKey({ flow, operation, bad }: FlowIndicator): string {
  return `${flow} ${operation} ${bad}`;
}

interface MinuteCounts {
  processed: number;
  processedFailed: number;
  sent: number;
  sentFailed: number;
  unreached: number;
  deadLettered: number;
}

function addUp(row: FlowReading): Map<number, MinuteCounts> {
  const minutes = new Map<number, MinuteCounts>();
  for (let at = 0; at < row.minutes.length; at += 1) {
    const minute = row.minutes[at] ?? 0;
    let counts = minutes.get(minute);
    if (counts === undefined) {
      counts = { processed: 0, processedFailed: 0, sent: 0, sentFailed: 0, unreached: 0, deadLettered: 0 };
      minutes.set(minute, counts);
    }
    const operation = row.operations[at];
    const total = row.totals[at] ?? 0;
    const failed = row.failed[at] ?? 0;
    if (operation === 1) {
      counts.processed += total;
      counts.processedFailed += failed;
    } else if (operation === 2) {
      counts.sent += total;
      counts.sentFailed += failed;
    }
    counts.unreached += row.unreached[at] ?? 0;
    counts.deadLettered += row.deadLettered[at] ?? 0;
  }
  return minutes;
}

function hear(readings: Readings, flow: string, minutes: ReadonlyMap<number, MinuteCounts>): void {
  const sides = readings.flows.get(flow);
  if (sides === undefined) return;
  const target = heardBy(readings, sides.target);
  const source = heardBy(readings, sides.source);
  for (const [minute, { processed, sent }] of minutes) {
    if (processed > 0) putSlice(target, { minute, total: 1, bad: 0 });
    if (sent > 0) putSlice(source, { minute, total: 1, bad: 0 });
  }
}

function heardBy(readings: Readings, system: string): Series {
  const known = readings.heard.get(system);
  if (known !== undefined) return known;
  const series = createSeries();
  readings.heard.set(system, series);
  return series;
}

/** What an indicator makes of a minute. The consumer's side counts what never reached it as failed. */
function judged({ operation, bad }: FlowIndicator, counts: MinuteCounts): { total: number; bad: number } {
  const isProcess = operation === 'process';
  const total = isProcess ? counts.processed + counts.unreached : counts.sent;
  const failed = isProcess ? counts.processedFailed + counts.unreached : counts.sentFailed;
  // What was given up on may be told by a settlement, which is no attempt of its own.
  return { total, bad: bad === 'failed' ? failed : Math.min(total, counts.deadLettered) };
}
