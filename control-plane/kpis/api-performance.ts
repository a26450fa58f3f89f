import type { MeasureOf } from '@plumbline/model/catalog/kpi.ts';
import { durationMs, type Catalog } from '@plumbline/model/catalog/schema.ts';
import { quoteAll } from '@plumbline/model/clickhouse/derivation/sql-text.ts';
import { percentileFigures, type Definition, type Window } from './definition.ts';
import { attemptsSql } from './attempts.ts';
import { bucketSql, decimal, dueSql } from './row-sql.ts';

/**
 * API response performance as Apdex: (satisfied + tolerated ÷ 2) ÷ all. A failed request satisfies nobody however fast
 * it failed. Source: Apdex Technical Specification 1.1.
 */
export function apiPerformance(measure: MeasureOf<'api-performance'>, catalog: Catalog): Definition {
  const chosen = catalog.flows.filter(({ name, transport }) =>
    measure.flows ? measure.flows.includes(name) : transport.kind === 'http',
  );
  return {
    words: `How content callers could be with the answers of our interfaces: satisfied within ${measure.satisfied}, tolerant up to four times as long, frustrated beyond and by every failure.`,
    formula: '(satisfied + tolerated ÷ 2) ÷ requests (Apdex)',
    unit: 'score',
    higherIsBetter: true,
    dims: ['Flow', 'System'],
    facts: [
      { title: 'Flow', type: 'text' },
      { title: 'Took', type: 'duration' },
      { title: 'Error', type: 'text' },
    ],
    extras: ['satisfied', 'tolerated', 'failed'],
    systems: [...new Set(chosen.map(({ target }) => target))],
    percentiles: 'sketch',
    rowsSql: (window) => apiRows(measure, chosen, window),
    figures: (sums) => [
      ...percentileFigures(sums),
      { name: 'failed', title: 'Failed', unit: 'count', value: Number(sums.extras[2] ?? 0) },
    ],
  };
}

function apiRows(
  measure: MeasureOf<'api-performance'>,
  flows: readonly { readonly name: string; readonly target: string }[],
  window: Window,
): string {
  const satisfiedNs = durationMs(measure.satisfied) * 1_000_000;
  const names = quoteAll(flows.map(({ name }) => name));
  const targets = quoteAll(flows.map(({ target }) => target));
  const failed = "Outcome IN ('failed', 'retried', 'dead_lettered')";
  return `
    SELECT concat(TraceId, '/', SpanId) AS id, arrayElement(Keys, 1) AS subject, Time AS at,
      multiIf(verdict = 'satisfied', ${decimal('1')}, verdict = 'tolerated', toDecimal128('0.5', 6), ${decimal('0')}) AS numerator,
      ${decimal('1')} AS denominator, CAST(DurationNs / 1000000, 'Nullable(Float64)') AS measure,
      multiIf(${failed}, 'failed', DurationNs <= ${satisfiedNs}, 'satisfied', DurationNs <= ${4 * satisfiedNs}, 'tolerated', 'frustrated') AS verdict,
      ${bucketSql('at', window)} AS bucket,
      [toString(Flow), transform(toString(Flow), ${names}, ${targets}, '')] AS dims,
      [toString(Flow), toString(DurationNs / 1000000), toString(ErrorType)] AS facts,
      [${['satisfied', 'tolerated', 'failed'].map((word) => decimal(`verdict = '${word}'`)).join(', ')}] AS extras
    FROM ${attemptsSql(
      flows.map(({ name }) => name),
      0,
    )}
    WHERE ${dueSql('Time')}`;
}
