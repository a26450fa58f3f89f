import type { Definition } from './definition.ts';

/** Why nothing is said of reconciliation: a zero here would be a lie. */
export const notReconciled =
  'Reconciliation is not configured: nothing compares the records of the systems yet, so there is nothing to count.';

/** Reconciliation exception volume. Nothing is compared yet, so it has words and a formula, and no rows. */
export const exceptionVolume: Definition = {
  words:
    'Of all records that were compared in this period, how many disagreed with what another system believes.',
  formula: 'findings ÷ records compared',
  unit: 'ratio',
  higherIsBetter: false,
  dims: [],
  facts: [],
  extras: [],
  systems: [],
  percentiles: 'exact',
  rowsSql: () => '',
  figures: () => [],
};
