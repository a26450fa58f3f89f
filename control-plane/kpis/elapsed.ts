import type { Contributor, ElapsedMeasure } from '@plumbline/model/catalog/kpi.ts';
import { durationMs, type Catalog } from '@plumbline/model/catalog/schema.ts';
import { quote } from '@plumbline/model/clickhouse/derivation/sql-text.ts';
import { percentileFigures, type Definition, type Fact, type Window } from './definition.ts';
import { dueAtSql, lookBackMs } from './due.ts';
import { bucketSql, decimal, dueSql, instantText, scanSql } from './row-sql.ts';

const facts: readonly Fact[] = [
  { title: 'From', type: 'instant' },
  { title: 'To', type: 'instant' },
  { title: 'Took', type: 'duration' },
];

/** What the two KPIs have in common that measure from one event to another. */
export function elapsedDefinition(
  measure: ElapsedMeasure,
  catalog: Catalog,
): Pick<
  Definition,
  'unit' | 'higherIsBetter' | 'dims' | 'facts' | 'extras' | 'systems' | 'percentiles' | 'rowsSql' | 'figures'
> {
  return {
    unit: 'ratio',
    higherIsBetter: true,
    dims: measure.contributors.map(({ title }) => title),
    facts,
    extras: [],
    systems: [measure.system],
    percentiles: 'exact',
    rowsSql: (window) => elapsedRows(measure, catalog, window),
    figures: (sums) => [
      ...percentileFigures(sums),
      { name: 'open', title: 'Overdue and open', unit: 'count', value: sums.open },
    ],
  };
}

/**
 * One row for each key whose deadline lies in the periods. Events may come twice and in any order: the first of each
 * counts. What is overdue and open is a miss, and so is what came late.
 */
function elapsedRows(measure: ElapsedMeasure, catalog: Catalog, window: Window): string {
  const withinMs = durationMs(measure.within);
  const calendar = catalog.calendars.find(({ name }) => name === measure.calendar);
  const events = [measure.from, measure.to, ...measure.contributors.flatMap(eventOf)];
  const isFrom = `Event = ${quote(measure.from)}`;
  const isTo = `Event = ${quote(measure.to)}`;
  const onTime = 'ifNull(endedAt <= at, false)';
  return `
    SELECT key AS id, key AS subject, at, ${decimal(onTime)} AS numerator, ${decimal('1')} AS denominator,
      if(isNull(endedAt), NULL, toFloat64(greatest(0, dateDiff('microsecond', startedAt, endedAt))) / 1000) AS measure,
      multiIf(${onTime}, 'on_time', isNull(endedAt), 'overdue', 'late') AS verdict,
      ${bucketSql('at', window)} AS bucket, dims,
      [${instantText('startedAt')}, ${instantText('endedAt')}, ifNull(toString(measure), '')] AS facts,
      CAST([], 'Array(Decimal(38, 6))') AS extras
    FROM (
      SELECT key, startedAt, endedAt, dims, assumeNotNull(toDateTime64(${dueAtSql('startedAt', withinMs, calendar, window)}, 6)) AS at
      FROM (
        SELECT arrayFirst(k -> startsWith(k, ${quote(`${measure.entity}:`)}), Keys) AS key,
          minIfOrNull(EventTime, ${isFrom}) AS startedAt, minIfOrNull(EventTime, ${isTo}) AS endedAt,
          CAST([${measure.contributors.map((one) => dimSql(one, isFrom)).join(', ')}], 'Array(String)') AS dims
        FROM business_events
        WHERE Event IN (${[...new Set(events)].map(quote).join(', ')})
          AND ${scanSql('EventTime', lookBackMs(withinMs, calendar))}
        GROUP BY key
        HAVING key != '' AND isNotNull(startedAt)
      )
    )
    WHERE ${dueSql('at')}`;
}

function eventOf(contributor: Contributor): string[] {
  return contributor.of === 'attribute' ? [contributor.event] : [];
}

function dimSql(contributor: Contributor, isFrom: string): string {
  switch (contributor.of) {
    case 'system':
      return `toString(argMinIf(System, EventTime, ${isFrom}))`;
    case 'key':
      return `argMinIf(arrayFirst(k -> startsWith(k, ${quote(`${contributor.entity}:`)}), Keys), EventTime, ${isFrom})`;
    case 'attribute': {
      const value = `Attributes[${quote(contributor.attribute)}]`;
      return `maxIf(${value}, Event = ${quote(contributor.event)})`;
    }
  }
}
