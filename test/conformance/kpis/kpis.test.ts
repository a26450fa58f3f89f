import type { KpiTile } from '@plumbline/control-plane/kpis/schemas.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as reference from './reference.ts';
import { openKpiStand } from './stand.ts';

let stand: Awaited<ReturnType<typeof openKpiStand>>;
beforeAll(async () => {
  stand = await openKpiStand();
}, 240_000);
afterAll(() => stand?.close());

/** A whole day, the day that goes on, a week and a month. */
const periods = [
  'period=day&at=2026-11-18',
  'period=day',
  'period=week&at=2026-11-18',
  'period=month&at=2026-11-18',
];
const kpis = [
  ['order-synchronization-latency', reference.orderLatency],
  ['invoice-generation-timeliness', reference.invoiceTimeliness],
  ['inventory-accuracy-variance', reference.stockAccuracy],
  ['failed-message-rate', reference.failedMessages],
  ['api-response-performance', reference.apiPerformance],
  ['workflow-sla-adherence', reference.workflowAdherence],
] as const;

async function tileOf(name: string, query: string): Promise<KpiTile> {
  const tile = (await stand.list(query)).find((one) => one.name === name);
  if (!tile) throw new Error(`no tile ${name}`);
  return tile;
}

async function referenceOf(sql: string, { range, asOf }: KpiTile): Promise<Record<string, number>> {
  const { rows } = await stand.books.query<Record<string, number>>(sql, [range.from, range.to, asOf]);
  return rows[0] ?? {};
}

const figure = (tile: KpiTile, name: string) =>
  Number(tile.figures.find((one) => one.name === name)?.value ?? Number.NaN);

test.each(kpis)("%s is what the distributor's own tables say, whatever the period", async (name, sql) => {
  for (const query of periods) {
    const tile = await tileOf(name, query);
    const wanted = await referenceOf(sql, tile);
    const { n, numerator, denominator } = tile;
    expect({ query, n, numerator: Number(numerator), denominator: Number(denominator) }).toEqual({
      query,
      n: wanted['n'],
      numerator: wanted['numerator'],
      denominator: wanted['denominator'],
    });
    expect(n).toBeGreaterThan(10);
    if (wanted['open'] !== undefined) expect(figure(tile, 'open')).toBe(wanted['open']);
  }
});
