import type { MeasureOf } from '@plumbline/model/catalog/kpi.ts';
import { durationMs, type Catalog } from '@plumbline/model/catalog/schema.ts';
import { quoteAll } from '@plumbline/model/clickhouse/derivation/sql-text.ts';
import type { Definition, Window } from './definition.ts';
import { attemptsSql } from './attempts.ts';
import { bucketSql, decimal, dueSql, instantText } from './row-sql.ts';

/** Attempts of one message lie within this of each other. */
const retriesMs = 2 * 86_400_000;

/** Failed message rate: of all messages that came to an end, how many ended badly and stayed so. */
export function failedMessages(measure: MeasureOf<'failed-messages'>, catalog: Catalog): Definition {
  const flows = catalog.flows.filter(({ name }) => measure.flows?.includes(name) ?? true);
  return {
    words:
      'Of all messages that came to an end in this period, how many a flow gave up on and nobody recovered. Each message counts once, however often it was tried. What a replay brought home afterwards is no failure, and is shown apart.',
    formula: 'distinct messages given up and not recovered ÷ distinct messages that came to an end',
    unit: 'ratio',
    higherIsBetter: false,
    dims: ['Flow', 'System'],
    facts: [
      { title: 'Flow', type: 'text' },
      { title: 'Message', type: 'text' },
      { title: 'Recovered', type: 'instant' },
    ],
    extras: ['recovered'],
    systems: [...new Set(flows.map(({ target }) => target))],
    percentiles: 'exact',
    rowsSql: (window) => failedRows(measure, flows, window),
    figures: ({ numerator, extras }) => [
      { name: 'failed', title: 'Given up', unit: 'count', value: Number(numerator) },
      { name: 'recovered', title: 'Recovered by replay', unit: 'count', value: Number(extras[0] ?? 0) },
    ],
  };
}

/**
 * One row a message. A failure of which nobody says that it was the last is final when nothing follows.
 */
function failedRows(
  measure: MeasureOf<'failed-messages'>,
  flows: readonly { readonly name: string; readonly target: string }[],
  window: Window,
): string {
  const settleMs = durationMs(measure.settleAfter);
  const settle = `toIntervalMillisecond(${settleMs})`;
  const names = quoteAll(flows.map(({ name }) => name));
  const targets = quoteAll(flows.map(({ target }) => target));
  return `
    SELECT concat(flow, '/', message) AS id, subject, assumeNotNull(endAt) AS at,
      ${decimal("verdict = 'failed'")} AS numerator, ${decimal('1')} AS denominator,
      CAST(NULL, 'Nullable(Float64)') AS measure,
      multiIf(isNull(givenUpAt), 'delivered', isNull(okAt), 'failed', 'recovered') AS verdict,
      ${bucketSql('at', window)} AS bucket,
      [flow, transform(flow, ${names}, ${targets}, '')] AS dims,
      [flow, message, if(verdict = 'recovered', ${instantText('okAt')}, '')] AS facts,
      [${decimal("verdict = 'recovered'")}] AS extras
    FROM (
      SELECT flow, message, subject, okAt,
        multiIf(
          isNotNull(deadAt) AND (isNull(okAt) OR deadAt < okAt), deadAt,
          isNotNull(failAt) AND isNull(okAt) AND lastAt + ${settle} <= {asOf:DateTime64(3)}, failAt,
          isNotNull(failAt) AND okAt > failAt + ${settle}, failAt,
          NULL) AS givenUpAt,
        if(isNotNull(givenUpAt), givenUpAt, okAt) AS endAt
      FROM (
        SELECT toString(Flow) AS flow, Message AS message,
          min(arrayElement(Keys, 1)) AS subject,
          minIfOrNull(Time, Outcome IN ('delivered', 'discarded')) AS okAt,
          minIfOrNull(Time, Outcome = 'dead_lettered') AS deadAt,
          minIfOrNull(Time, Outcome = 'failed') AS failAt,
          max(Time) AS lastAt
        FROM ${attemptsSql(
          flows.map(({ name }) => name),
          retriesMs,
        )}
        GROUP BY flow, message
      )
      WHERE isNotNull(endAt)
    )
    WHERE ${dueSql('at')}`;
}
