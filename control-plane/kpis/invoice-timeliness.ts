import type { MeasureOf } from '@plumbline/model/catalog/kpi.ts';
import type { Catalog } from '@plumbline/model/catalog/schema.ts';
import type { Definition } from './definition.ts';
import { elapsedDefinition } from './elapsed.ts';

/** Invoice generation timeliness: from each shipment to its invoice. A shipment never billed is a miss. */
export function invoiceTimeliness(measure: MeasureOf<'invoice-timeliness'>, catalog: Catalog): Definition {
  return {
    ...elapsedDefinition(measure, catalog),
    words: `How many shipments that had to be billed in this period were billed within ${measure.within}. Each part of a split order counts by itself. A shipment that is overdue and not billed is a miss.`,
    formula: `shipments with ${measure.to} within ${measure.within} of ${measure.from} ÷ shipments whose deadline lies in the period`,
  };
}
