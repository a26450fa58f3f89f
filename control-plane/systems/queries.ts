import { query, type ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { z } from 'zod';
import type { TimeRange } from '../range.ts';

const servicesMax = 2000;
/** The clocks of now are of interest, and merging the sketches of a week would take a second. */
const skewMsMax = 3_600_000;

const SeenRow = z.object({
  service: z.string(),
  spans: z.number(),
  errors: z.number(),
  lastSeenAt: z.string(),
});
const SkewRow = z.object({ service: z.string(), skewMs: z.number().nullable() });

export interface ServiceRow extends z.output<typeof SeenRow> {
  readonly skewMs: number | null;
}

/** What each service sent in a range of whole minutes; the skew of its clock is that of the last hour of the range. */
export async function readServices(clickHouse: ClickHouse, range: TimeRange): Promise<ServiceRow[]> {
  const recent = {
    from: new Date(Math.max(range.from.getTime(), range.to.getTime() - skewMsMax)),
    to: range.to,
  };
  const [seen, skews] = await Promise.all([readSeen(clickHouse, range), readSkews(clickHouse, recent)]);
  const skewByService = new Map(skews.map(({ service, skewMs }) => [service, skewMs]));
  return seen.map((row) => ({ ...row, skewMs: skewByService.get(row.service) ?? null }));
}

function readSeen(clickHouse: ClickHouse, range: TimeRange) {
  return query(clickHouse, {
    name: 'systems.services',
    sql: `
      SELECT Service AS service, sum(Spans) AS spans, sum(Errors) AS errors, max(LastSeen) AS lastSeenAt
      FROM service_seen
      WHERE Minute >= {from:DateTime64(3)} AND Minute < {to:DateTime64(3)}
      GROUP BY Service
      ORDER BY Service
      LIMIT ${servicesMax}`,
    params: { ...range },
    schema: SeenRow,
  });
}

function readSkews(clickHouse: ClickHouse, range: TimeRange) {
  return query(clickHouse, {
    name: 'systems.skew',
    sql: `
      SELECT Service AS service, quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(SkewMs)[1] AS skew,
             if(isFinite(skew), skew, NULL) AS skewMs
      FROM service_seen
      WHERE Minute >= {from:DateTime64(3)} AND Minute < {to:DateTime64(3)}
      GROUP BY Service
      ORDER BY Service
      LIMIT ${servicesMax}`,
    params: { ...range },
    schema: SkewRow,
  });
}
