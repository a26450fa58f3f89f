import type { MeasureOf } from '@plumbline/model/catalog/kpi.ts';
import type { Catalog } from '@plumbline/model/catalog/schema.ts';
import type { Definition } from './definition.ts';
import { elapsedDefinition } from './elapsed.ts';

/** Order synchronization latency: from the channel's acceptance to the commit in the ERP. */
export function orderLatency(measure: MeasureOf<'order-latency'>, catalog: Catalog): Definition {
  return {
    ...elapsedDefinition(measure, catalog),
    words: `How many orders that had to be in ${measure.system} in this period were there within ${measure.within}. An order that is overdue and still missing counts as a miss; one whose deadline is still to come is left out.`,
    formula: `orders with ${measure.to} within ${measure.within} of ${measure.from} ÷ orders whose deadline lies in the period`,
  };
}
