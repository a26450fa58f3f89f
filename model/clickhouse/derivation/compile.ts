import type { Catalog } from '../../catalog/schema.ts';
import { businessViews } from './business-views.ts';
import { logFacts, spanFacts } from './fact-views.ts';
import { messageViews } from './message-views.ts';
import { milestoneViews } from './milestone-views.ts';
import { traceViews } from './trace-views.ts';
import type { View } from './view.ts';

/**
 * The materialized views that derive every table of the product from spans and logs, as the catalog wants them.
 * Views stand before those that feed them, so that creating them in this order loses no row on the way.
 * Their names never depend on the catalog: a view keeps its identity, and with it its memory of insert tokens.
 */
export function compileDerivation(catalog: Catalog): View[] {
  return [
    ...milestoneViews(catalog),
    ...[...messageViews(catalog)].reverse(),
    ...[...businessViews(catalog)].reverse(),
    spanFacts(catalog),
    logFacts(catalog),
    ...traceViews,
  ];
}
