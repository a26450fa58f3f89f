/** What a KPI is counted over, all in milliseconds since the epoch. */
export interface Window {
  readonly previousFromMs: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Nothing later is known: the watermark, or now. What falls due after it is left out. */
  readonly asOfMs: number;
  readonly timeZone: string;
  /** Starts of the points of its trend. */
  readonly slotsMs: readonly number[];
  readonly slotUnit: 'hour' | 'day';
}

export type Unit = 'ratio' | 'score' | 'duration' | 'quantity' | 'money' | 'count';

/** A figure beside the value of a tile. `value` is null where its denominator is zero. */
export interface Figure {
  readonly name: string;
  readonly title: string;
  readonly unit: Unit;
  readonly value: string | number | null;
  readonly currency?: string;
}

/** Sums over the rows of a period, decimals as text. Ratios are made of these and of nothing else. */
export interface Sums {
  readonly n: number;
  readonly numerator: string;
  readonly denominator: string;
  /** Rows that are overdue and still open. */
  readonly open: number;
  /** p50, p95 and p99 of the measure in milliseconds; null where no row has one. */
  readonly percentiles: readonly (number | null)[];
  readonly extras: readonly string[];
}

export interface Fact {
  readonly title: string;
  readonly type: 'instant' | 'quantity' | 'money' | 'duration' | 'text';
}

/**
 * One KPI as something that can be asked. `rowsSql` selects one row for each thing that is counted, with the columns
 * id, subject, at, numerator, denominator (decimals), measure (milliseconds or NULL), verdict, bucket (`current`,
 * `previous` and starts of slots in seconds), dims, facts and extras (arrays, as titled here).
 */
export interface Definition {
  /** In words that an executive reads. */
  readonly words: string;
  readonly formula: string;
  readonly unit: 'ratio' | 'score' | 'duration';
  /** More is better: what is missing to the denominator is a miss. Else the numerator is. */
  readonly higherIsBetter: boolean;
  readonly dims: readonly string[];
  readonly facts: readonly Fact[];
  readonly extras: readonly string[];
  /** Whose silence leaves it unknown what happened. */
  readonly systems: readonly string[];
  /** Percentiles of every row, or from a sketch with 1 % error that can be merged. */
  readonly percentiles: 'exact' | 'sketch';
  readonly rowsSql: (window: Window) => string;
  readonly figures: (sums: Sums) => Figure[];
}

/** A ratio of two decimals; null, never 0 or 1, where there is nothing to divide by. */
export function ratio(numerator: string | undefined, denominator: string | undefined): number | null {
  const below = Number(denominator ?? 0);
  return below === 0 ? null : Number(numerator ?? 0) / below;
}

/** Percentiles as figures. */
export function percentileFigures({ percentiles }: Sums): Figure[] {
  return ['p50', 'p95', 'p99'].map((name, index) => ({
    name,
    title: name,
    unit: 'duration',
    value: percentiles[index] ?? null,
  }));
}
