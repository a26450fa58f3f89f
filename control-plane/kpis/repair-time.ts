import type { MeasureOf } from '@plumbline/model/catalog/kpi.ts';
import type { Definition, Figure } from './definition.ts';

/** A trouble that somebody had: an incident, or an alert that belongs to none. */
export interface Trouble {
  readonly id: string;
  readonly title: string;
  readonly severity: string;
  readonly flows: readonly string[];
  readonly systems: readonly string[];
  readonly impactAtMs: number;
  readonly detectedAtMs: number;
  readonly acknowledgedAtMs: number | null;
  readonly restoredAtMs: number | null;
}

/** Mean time to detect and resolve: R stands for restored. What is still open is shown apart, and is in no median. */
export function repairTime({ severities }: MeasureOf<'repair-time'>): Definition {
  const alone = severities.length === 1 ? ` of severity ${severities[0]}` : '';
  return {
    words: `How long it took from the first bad event until everything worked again, for incidents, and alerts${alone} that belong to none, that were detected in this period. What is still open has no such time yet and is shown apart.`,
    formula: 'median of restored − first bad event',
    unit: 'duration',
    higherIsBetter: false,
    dims: ['Flow', 'System', 'Severity'],
    facts: [
      { title: 'What', type: 'text' },
      { title: 'First bad event', type: 'instant' },
      { title: 'Detected', type: 'instant' },
      { title: 'Acknowledged', type: 'instant' },
      { title: 'Restored', type: 'instant' },
    ],
    extras: [],
    systems: [],
    percentiles: 'exact',
    rowsSql: () => '',
    figures: () => [],
  };
}

/** Median and p90 of detecting, acknowledging and restoring, in milliseconds. */
export function repairFigures(troubles: readonly Trouble[]): { value: number | null; figures: Figure[] } {
  const took = (until: (one: Trouble) => number | null, since: (one: Trouble) => number) =>
    troubles.flatMap((one) => {
      const atMs = until(one);
      return atMs === null ? [] : [Math.max(0, atMs - since(one))];
    });
  const restored = took(
    (one) => one.restoredAtMs,
    (one) => one.impactAtMs,
  );
  const detected = took(
    (one) => one.detectedAtMs,
    (one) => one.impactAtMs,
  );
  const acknowledged = took(
    (one) => one.acknowledgedAtMs,
    (one) => one.detectedAtMs,
  );
  const open = troubles.length - restored.length;
  const figure = (name: string, title: string, values: readonly number[], share: number): Figure => ({
    name,
    title,
    unit: 'duration',
    value: percentile(values, share),
  });
  return {
    value: percentile(restored, 0.5),
    figures: [
      figure('restore-p90', 'Restored, p90', restored, 0.9),
      figure('detect-median', 'Detected, median', detected, 0.5),
      figure('detect-p90', 'Detected, p90', detected, 0.9),
      figure('acknowledge-median', 'Acknowledged, median', acknowledged, 0.5),
      { name: 'open', title: 'Still open', unit: 'count', value: open },
    ],
  };
}

/** Percentile with linear interpolation, as `percentile_cont` of SQL; null of nothing. */
export function percentile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] ?? 0;
  const above = sorted[Math.ceil(position)] ?? below;
  return below + (above - below) * (position - Math.floor(position));
}
