import type { Kpi, KpiTarget } from '@plumbline/model/catalog/kpi.ts';
import { durationMs } from '@plumbline/model/catalog/schema.ts';
import { ratio, type Definition, type Figure, type Sums } from './definition.ts';
import type { BucketRow, ContributorRow } from './queries.ts';
import type { KpiTile } from './schemas.ts';

/** What one period of a KPI says, before it is dressed as a tile. */
export interface Finding {
  readonly value: number | null;
  readonly numerator: string;
  readonly denominator: string;
  readonly n: number;
  readonly figures: readonly Figure[];
}

type Contributor = NonNullable<KpiTile['worst']>;

const nothing: Sums = { n: 0, numerator: '0', denominator: '0', open: 0, percentiles: [], extras: [] };

/** A target as a number: a share, or milliseconds. */
export function targetOf(target: KpiTarget): number {
  if ('within' in target) return durationMs(target.within);
  return 'atLeast' in target ? target.atLeast : target.atMost;
}

/** Kept or not; of nothing neither is said. */
export function statusOf(value: number | null, { target }: Pick<Kpi, 'target'>): KpiTile['status'] {
  if (value === null) return 'no_data';
  const goal = targetOf(target);
  return ('atLeast' in target ? value >= goal : value <= goal) ? 'met' : 'missed';
}

/** What the sums of one bucket say. */
export function findingOf(definition: Definition, rows: readonly BucketRow[], bucket: string): Finding {
  const found = rows.find((row) => row.bucket === bucket && row.dim === '') ?? nothing;
  const { n, numerator, denominator } = found;
  const value = ratio(numerator, denominator);
  return {
    value,
    numerator,
    denominator,
    n,
    figures: n === 0 ? definition.figures(nothing).map(withoutValue) : definition.figures(found),
  };
}

/** A count of nothing is no zero that somebody measured. */
function withoutValue(figure: Figure): Figure {
  return { ...figure, value: null };
}

/** Every point of the trend; one without rows has no value. */
export function seriesOf(
  rows: readonly BucketRow[],
  slotsMs: readonly number[],
  asOfMs: number,
): KpiTile['series'] {
  const byBucket = new Map(rows.filter(({ dim }) => dim === '').map((row) => [row.bucket, row]));
  return slotsMs
    .filter((startMs) => startMs <= asOfMs)
    .map((startMs) => {
      const row = byBucket.get(String(startMs / 1000));
      return {
        at: new Date(startMs).toISOString(),
        value: row ? ratio(row.numerator, row.denominator) : null,
        n: row?.n ?? 0,
      };
    });
}

/** Who adds most to the misses, by the first of what rows are told apart by; null where nobody does. */
export function worstOf(definition: Definition, rows: readonly BucketRow[]): Contributor | null {
  const by = definition.dims[0];
  if (by === undefined) return null;
  const [worst] = rows
    .filter(({ bucket, dim, missed }) => bucket === 'current' && dim !== '' && Number(missed) > 0)
    .toSorted((a, b) => Number(b.missed) - Number(a.missed) || (a.dim < b.dim ? -1 : 1));
  if (!worst) return null;
  return contributorOf(by, { ...worst, position: 1, value: worst.dim.slice(1) });
}

export function contributorOf(by: string, row: ContributorRow): Contributor {
  const { position, value, n, missed, numerator, denominator } = row;
  return { by, position, value, n, missed, ratio: ratio(numerator, denominator) };
}
