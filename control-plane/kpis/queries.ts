import { query, type ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { z } from 'zod';
import type { Definition, Window } from './definition.ts';

const bucketRowsMax = 10_000;
const contributorsMax = 10;
const servicesMax = 5000;

const Decimal = z.string();
const Aggregate = z.object({
  n: z.number(),
  numerator: Decimal,
  denominator: Decimal,
  open: z.number(),
  percentiles: z.array(z.number().nullable()),
  extras: z.array(Decimal),
});
const BucketRow = Aggregate.extend({ bucket: z.string(), dim: z.string(), missed: Decimal });
export type BucketRow = z.output<typeof BucketRow>;

const percentileSql = {
  exact: 'quantilesExactInclusive(0.5, 0.95, 0.99)(measure)',
  sketch: 'quantilesDD(0.01, 0.5, 0.95, 0.99)(measure)',
};

function sums({ percentiles, extras }: Definition): string {
  const positions = extras.map((_, index) => `toString(sum(extras[${index + 1}]))`);
  return `count() AS n, toString(sum(numerator)) AS numerator, toString(sum(denominator)) AS denominator,
        countIf(verdict = 'overdue') AS open,
        arrayMap(x -> if(isFinite(x), x, NULL), ${percentileSql[percentiles]}) AS percentiles,
        CAST([${positions.join(', ')}], 'Array(String)') AS extras`;
}

function missed({ higherIsBetter }: Definition): string {
  return higherIsBetter ? 'sum(rows.denominator) - sum(rows.numerator)' : 'sum(rows.numerator)';
}

/** The values that a SQL names, of those that every KPI may use. */
function paramsOf(sql: string, window: Window, more: Record<string, unknown> = {}): Record<string, unknown> {
  const all: Record<string, unknown> = {
    previousFrom: new Date(window.previousFromMs),
    from: new Date(window.fromMs),
    to: new Date(window.toMs),
    asOf: new Date(window.asOfMs),
    ...more,
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => sql.includes(`{${name}:`)));
}

/**
 * Sums of the period, of the one before and of every point of the trend; and, of the period, by the first of what its
 * rows are told apart by. One pass over the rows.
 */
export function readBuckets(
  clickHouse: ClickHouse,
  name: string,
  definition: Definition,
  window: Window,
): Promise<BucketRow[]> {
  const sql = `
      SELECT name AS bucket, dim, toString(${missed(definition)}) AS missed, ${sums(definition)}
      FROM (
        SELECT numerator, denominator, measure, verdict, extras, arrayJoin(bucket) AS name,
          if(name = 'current' AND notEmpty(dims), concat('=', dims[1]), '=') AS dim
        FROM (${definition.rowsSql(window)})
      ) AS rows
      GROUP BY GROUPING SETS ((name), (name, dim))
      HAVING dim = '' OR (name = 'current' AND dim != '=')
      ORDER BY bucket, dim
      LIMIT ${bucketRowsMax}`;
  return query(clickHouse, {
    name: `kpis.buckets.${name}`,
    sql,
    params: paramsOf(sql, window),
    schema: BucketRow,
  });
}

const ContributorRow = z.object({
  position: z.number(),
  value: z.string(),
  n: z.number(),
  numerator: Decimal,
  denominator: Decimal,
  missed: Decimal,
});
export type ContributorRow = z.output<typeof ContributorRow>;

/** Who contributes most to what is missed in the period, by everything that the rows are told apart by. */
export function readContributors(
  clickHouse: ClickHouse,
  name: string,
  definition: Definition,
  window: Window,
): Promise<ContributorRow[]> {
  const sql = `
      SELECT position, value, count() AS n, toString(sum(rows.numerator)) AS numerator,
        toString(sum(rows.denominator)) AS denominator, toString(${missed(definition)}) AS missed
      FROM (
        SELECT numerator, denominator, position, value
        FROM (${definition.rowsSql(window)})
        ARRAY JOIN arrayEnumerate(dims) AS position, dims AS value
        WHERE has(bucket, 'current')
      ) AS rows
      GROUP BY position, value
      HAVING ${missed(definition)} > 0
      ORDER BY position, ${missed(definition)} DESC, value
      LIMIT ${contributorsMax} BY position
      LIMIT 100`;
  return query(clickHouse, {
    name: `kpis.contributors.${name}`,
    sql,
    params: paramsOf(sql, window),
    schema: ContributorRow,
  });
}

const RowRow = z.object({
  id: z.string(),
  subject: z.string(),
  at: z.string(),
  numerator: Decimal,
  denominator: Decimal,
  measure: z.number().nullable(),
  verdict: z.string(),
  dims: z.array(z.string()),
  facts: z.array(z.string()),
});
export type RowRow = z.output<typeof RowRow>;

export interface RowFilter {
  readonly missedOnly: boolean;
  /** Position (from 1) and value of what rows are told apart by; undefined: all. */
  readonly dim: { readonly position: number; readonly value: string } | undefined;
  readonly after: { readonly at: string; readonly id: string } | undefined;
  readonly limit: number;
}

/** A page of the rows of a period, newest first: all of them sum to the tile. */
export function readRows(
  clickHouse: ClickHouse,
  name: string,
  definition: Definition,
  window: Window,
  { missedOnly, dim, after, limit }: RowFilter,
): Promise<RowRow[]> {
  const bad = definition.higherIsBetter ? 'numerator < denominator' : 'numerator > 0';
  const conditions = [
    "has(bucket, 'current')",
    ...(missedOnly ? [bad] : []),
    ...(dim ? ['dims[{position:UInt8}] = {value:String}'] : []),
    ...(after ? ['(at, id) < ({afterAt:DateTime64(6)}, {afterId:String})'] : []),
  ];
  const sql = `
      SELECT id, subject, at, toString(numerator) AS numerator, toString(denominator) AS denominator, measure, verdict, dims, facts
      FROM (
        SELECT id, subject, toDateTime64(at, 6, 'UTC') AS at, numerator, denominator, measure, verdict, dims, facts
        FROM (${definition.rowsSql(window)})
        WHERE ${conditions.join(' AND ')}
        ORDER BY at DESC, id DESC
        LIMIT {limit:UInt32}
      )
      ORDER BY at DESC, id DESC`;
  const more = {
    limit,
    ...(dim && { position: dim.position, value: dim.value }),
    ...(after && { afterAt: after.at, afterId: after.id }),
  };
  return query(clickHouse, {
    name: `kpis.rows.${name}`,
    sql,
    params: paramsOf(sql, window, more),
    schema: RowRow,
    rowsMax: 20_000,
  });
}

const HeardRow = z.object({ service: z.string(), lastAt: z.string().nullable(), hours: z.number() });
export type HeardRow = z.output<typeof HeardRow>;

/** When each service was last heard, never later than now, and in how many hours of a period. */
export function readHeard(
  clickHouse: ClickHouse,
  fromMs: number,
  untilMs: number,
  now: Date,
): Promise<HeardRow[]> {
  return query(clickHouse, {
    name: 'kpis.heard',
    sql: `
      SELECT Service AS service, maxOrNull(least(LastSeen, {now:DateTime64(3)})) AS lastAt,
        uniqExactIf(toStartOfHour(Minute), Minute >= {from:DateTime64(3)} AND Minute < {until:DateTime64(3)}) AS hours
      FROM service_seen
      WHERE Minute >= least({from:DateTime64(3)}, {now:DateTime64(3)} - toIntervalDay(31)) AND Minute <= {now:DateTime64(3)}
      GROUP BY service ORDER BY service LIMIT ${servicesMax}`,
    params: { from: new Date(fromMs), until: new Date(untilMs), now },
    schema: HeardRow,
  });
}
