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

test('percentiles and variances are those of the tables too', async () => {
  const week = periods[2] ?? '';
  for (const [name, sql] of [kpis[0], kpis[1]]) {
    const tile = await tileOf(name, week);
    expect(figure(tile, 'p95')).toBeCloseTo((await referenceOf(sql, tile))['p95'] ?? 0, 3);
  }
  const api = await tileOf('api-response-performance', week);
  const p95 = (await referenceOf(reference.apiPerformance, api))['p95'] ?? 0;
  // A sketch is off by one percent at most.
  expect(Math.abs(figure(api, 'p95') - p95)).toBeLessThan(0.02 * p95);
  const stock = await tileOf('inventory-accuracy-variance', week);
  const wanted = await referenceOf(reference.stockAccuracy, stock);
  expect(figure(stock, 'units')).toBeCloseTo(wanted['units'] ?? Number.NaN, 9);
  expect(figure(stock, 'value')).toBeCloseTo(wanted['value'] ?? Number.NaN, 9);
  expect(figure(stock, 'in-flight')).toBe(wanted['away']);
});

test('the rows of all pages sum to the tile exactly, and so do the points of the trend', async () => {
  const query = 'period=day&at=2026-11-18';
  for (const tile of await stand.list(query)) {
    const sum = { numerator: 0n, denominator: 0n, n: 0 };
    const ids = new Set<string>();
    let cursor: string | null = '';
    while (cursor !== null) {
      const more: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const page = await stand.rows(tile.name, `${query}&limit=500${more}`);
      for (const row of page.items) {
        sum.numerator += micros(row.numerator);
        sum.denominator += micros(row.denominator);
        sum.n += 1;
        ids.add(row.id);
      }
      cursor = page.nextCursor;
    }
    expect({ name: tile.name, ...sum }).toEqual({
      name: tile.name,
      numerator: micros(tile.numerator),
      denominator: micros(tile.denominator),
      n: tile.n,
    });
    expect(ids.size).toBe(sum.n);
    if (tile.kind !== 'stock-accuracy')
      expect(tile.series.reduce((total, { n }) => total + n, 0)).toBe(tile.n);
  }
});

test('misses alone, and those of one contributor, are the rows that the contributor counts', async () => {
  const query = 'period=week&at=2026-11-18';
  const kpi = await stand.detail('workflow-sla-adherence', query);
  const worst = kpi.contributors[0]?.items[0];
  expect(worst && { value: worst.value, missed: worst.missed }).toEqual({
    value: kpi.worst?.value,
    missed: kpi.worst?.missed,
  });
  const rows = await stand.rows(
    kpi.name,
    `${query}&only=missed&by=1&value=${encodeURIComponent(worst?.value ?? '')}&limit=500`,
  );
  expect(rows.items.length).toBe(Number(worst?.missed));
  expect(rows.items.every(({ missed }) => missed)).toBe(true);
});

test('a period without anything is no data, and reconciliation is not measured: neither is nought', async () => {
  for (const tile of await stand.list('period=day&at=2026-10-01')) {
    expect([tile.status, tile.value, tile.n]).toEqual([
      tile.kind === 'findings' ? 'not_measured' : 'no_data',
      null,
      0,
    ]);
    expect(tile.why).toMatch(/\w/);
    expect(tile.figures.every(({ value }) => value === null)).toBe(true);
  }
});

test('as a table, cells that a spreadsheet would run are disarmed', async () => {
  const lines = (await stand.csv('/kpis.csv?period=day&at=2026-11-18')).trim().split('\r\n');
  expect(lines.length).toBe(9);
  const rows = await stand.csv('/kpis/order-synchronization-latency/rows.csv?period=day&at=2026-11-18');
  const tile = await tileOf('order-synchronization-latency', 'period=day&at=2026-11-18');
  expect(rows.trim().split('\r\n').length).toBe(tile.n + 1);
});

/** A decimal of at most six places as a whole number: sums of these are exact. */
function micros(text: string): bigint {
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,6}))?$/.exec(text) ?? [];
  return BigInt(`${sign}${whole}${fraction.padEnd(6, '0')}`);
}
