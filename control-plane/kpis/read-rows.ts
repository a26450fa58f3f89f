import type { Kpi } from '@plumbline/model/catalog/kpi.ts';
import { periodOf } from '@plumbline/slo/period.ts';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { decodeCursor, encodeCursor } from '../paging.ts';
import { define } from './define.ts';
import type { Definition, Window } from './definition.ts';
import { targetOf } from './fold.ts';
import { repairMs, troubleDims } from './fold-troubles.ts';
import { readRows, type RowRow } from './queries.ts';
import { placeOf, windowOf, type Asked } from './read-kpis.ts';
import { findKpi } from './read-kpi.ts';
import { readTroubles } from './repair-queries.ts';
import type { Trouble } from './repair-time.ts';
import type { KpiRow, KpiRows } from './schemas.ts';

export interface RowsAsked extends Asked {
  readonly missedOnly: boolean;
  readonly dim: { readonly position: number; readonly value: string } | undefined;
  readonly cursor: string | undefined;
  readonly limit: number;
}

/** Where the next page begins, and as of when the first one was read: later pages must not count anew. */
const Position = z.tuple([z.iso.date(), z.int(), z.iso.datetime(), z.string().max(1000)]);

/** A page of what a KPI counted in a period. @throws Problem not_found, bad_request */
export async function readRowsPage(context: Context, name: string, asked: RowsAsked): Promise<KpiRows> {
  const kpi = findKpi(context, name);
  const position = asked.cursor === undefined ? undefined : decodeCursor(asked.cursor, Position);
  const { definition, window, date } = await windowFor(context, kpi, asked, position);
  if (kpi.measure.kind === 'findings') return { items: [], nextCursor: null };
  const after = position && { at: position[2], id: position[3] };
  const filter = { missedOnly: asked.missedOnly, dim: asked.dim, after, limit: asked.limit + 1 };
  const items =
    kpi.measure.kind === 'repair-time'
      ? pageOf(
          (await readTroubles(context.postgres, kpi.measure.severities, window.fromMs, window.toMs)).map(
            (one) => troubleRow(one, definition, targetOf(kpi.target)),
          ),
          asked,
          after,
        )
      : (await readRows(context.clickHouse, kpi.name, definition, window, filter)).map((row) =>
          rowOf(row, definition),
        );
  const page = items.slice(0, asked.limit);
  const last = page.at(-1);
  const isLast = items.length <= asked.limit || !last;
  return {
    items: page,
    nextCursor: isLast ? null : encodeCursor([date, window.asOfMs, last.at, last.id]),
  };
}

async function windowFor(
  context: Context,
  kpi: Kpi,
  asked: Asked,
  position: z.output<typeof Position> | undefined,
): Promise<{ definition: Definition; window: Window; date: string }> {
  if (position) {
    const { catalog } = context.catalog.current();
    const span = periodOf(asked.period, position[0], kpi.timeZone);
    return { definition: define(kpi, catalog), window: windowOf(span, position[1]), date: span.date };
  }
  const { definition, window, span } = await placeOf(context, kpi, asked);
  return { definition, window, date: span.date };
}

function rowOf(row: RowRow, { dims, facts, higherIsBetter }: Definition): KpiRow {
  const { id, subject, at, numerator, denominator, measure, verdict } = row;
  return {
    id,
    subject,
    at,
    numerator,
    denominator,
    measureMs: measure,
    verdict,
    missed: higherIsBetter ? Number(numerator) < Number(denominator) : Number(numerator) > 0,
    contributors: dims.map((by, index) => ({ by, value: row.dims[index] ?? '' })),
    facts: facts.map((fact, index) => ({ ...fact, value: row.facts[index] ?? '' })),
  };
}

function troubleRow(one: Trouble, { dims, facts }: Definition, targetMs: number): KpiRow {
  const isOpen = one.restoredAtMs === null;
  const instant = (atMs: number | null) => (atMs === null ? '' : new Date(atMs).toISOString());
  const values = [
    one.title,
    ...[one.impactAtMs, one.detectedAtMs, one.acknowledgedAtMs, one.restoredAtMs].map(instant),
  ];
  return {
    id: one.id,
    subject: '',
    at: new Date(one.detectedAtMs).toISOString(),
    numerator: String(repairMs(one)),
    denominator: isOpen ? '0' : '1',
    measureMs: isOpen ? null : repairMs(one),
    verdict: isOpen ? 'open' : repairMs(one) <= targetMs ? 'on_time' : 'late',
    missed: isOpen || repairMs(one) > targetMs,
    contributors: dims.map((by, index) => ({ by, value: (troubleDims(one)[index] ?? []).join(', ') })),
    facts: facts.map((fact, index) => ({ ...fact, value: values[index] ?? '' })),
  };
}

function pageOf(
  rows: readonly KpiRow[],
  { missedOnly, dim, limit }: RowsAsked,
  after: { readonly at: string; readonly id: string } | undefined,
): KpiRow[] {
  return rows
    .filter(({ missed }) => !missedOnly || missed)
    .filter(
      ({ contributors }) =>
        !dim || (contributors[dim.position - 1]?.value ?? '').split(', ').includes(dim.value),
    )
    .toSorted((a, b) => (a.at === b.at ? compare(b.id, a.id) : compare(b.at, a.at)))
    .filter(({ at, id }) => !after || at < after.at || (at === after.at && id < after.id))
    .slice(0, limit + 1);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
