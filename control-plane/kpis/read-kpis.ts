import { usualTargets, type Kpi, type Period } from '@plumbline/model/catalog/kpi.ts';
import { dateAt, periodOf, type PeriodSpan } from '@plumbline/slo/period.ts';
import type { Context } from '../context.ts';
import { define } from './define.ts';
import type { Definition, Window } from './definition.ts';
import { notReconciled } from './findings.ts';
import { findingOf, seriesOf, statusOf, targetOf, worstOf, type Finding } from './fold.ts';
import { troubleContributors, troubleFinding, troubleSeries } from './fold-troubles.ts';
import { heardOf, type Heard } from './heard.ts';
import { readBuckets, readHeard, type HeardRow } from './queries.ts';
import { readTroubles } from './repair-queries.ts';
import type { KpiTile } from './schemas.ts';

/** What a KPI is asked for: a period, and a date in it; none means the one that goes on. */
export interface Asked {
  readonly period: Period;
  readonly at: string | undefined;
}

/** A tile, and what its page says more. */
export interface Answered {
  readonly tile: KpiTile;
  readonly previous: Finding;
  readonly definition: Definition;
  readonly window: Window;
}

type Part = Pick<KpiTile, 'series' | 'worst'> & { readonly current: Finding; readonly previous: Finding };

/** The order in which a business reads them: what comes in, what lies there, what goes out, how, and what is mended. */
const order = Object.keys(usualTargets);

/** Every KPI of the catalog over one period. */
export async function readKpis(context: Context, asked: Asked): Promise<KpiTile[]> {
  const heard = shareHeard(context);
  const { kpis } = context.catalog.current().catalog;
  const answers = await Promise.all(kpis.map((kpi) => readOne(context, kpi, asked, heard)));
  const rank = ({ kind }: KpiTile) => order.indexOf(kind);
  return answers.map(({ tile }) => tile).toSorted((a, b) => rank(a) - rank(b));
}

interface Placed {
  readonly definition: Definition;
  readonly span: PeriodSpan;
  readonly heard: Heard;
  readonly window: Window;
}

/** What a KPI counts over a period, and up to when anything is known: all but the counting. */
export async function placeOf(
  context: Context,
  kpi: Kpi,
  asked: Asked,
  heardIn = shareHeard(context),
): Promise<Placed> {
  const { catalog } = context.catalog.current();
  const definition = define(kpi, catalog);
  const nowMs = context.now().getTime();
  const span = periodOf(asked.period, asked.at ?? dateAt(nowMs, kpi.timeZone), kpi.timeZone);
  const untilMs = Math.min(span.toMs, nowMs);
  const heard: Heard =
    definition.systems.length === 0
      ? { watermarkMs: nowMs, coverage: null }
      : heardOf(definition.systems, catalog, await heardIn(span.fromMs, untilMs), span.fromMs, untilMs);
  return { definition, span, heard, window: windowOf(span, Math.min(nowMs, heard.watermarkMs ?? nowMs)) };
}

/** One KPI over one period. */
export async function readOne(
  context: Context,
  kpi: Kpi,
  asked: Asked,
  heardIn = shareHeard(context),
): Promise<Answered> {
  const { definition, span, heard, window } = await placeOf(context, kpi, asked, heardIn);
  const part = await partOf(context, kpi, definition, window, heard);
  return {
    tile: tileOf(kpi, definition, span, window, heard, part),
    previous: part.previous,
    definition,
    window,
  };
}

/** The window of a period. @param asOfMs see Window */
export function windowOf(span: PeriodSpan, asOfMs: number): Window {
  const { fromMs, toMs, previousFromMs, timeZone, slotsMs, period } = span;
  return {
    fromMs,
    toMs,
    previousFromMs,
    timeZone,
    slotsMs,
    asOfMs,
    slotUnit: period === 'day' ? 'hour' : 'day',
  };
}

/** All KPIs of one period and zone ask for the same: when systems were heard. */
function shareHeard(context: Context) {
  const asked = new Map<number, Promise<HeardRow[]>>();
  return (fromMs: number, untilMs: number): Promise<HeardRow[]> => {
    const rows =
      asked.get(fromMs) ?? readHeard(context.clickHouse, fromMs, Math.max(fromMs, untilMs), context.now());
    asked.set(fromMs, rows);
    return rows;
  };
}

async function partOf(
  context: Context,
  kpi: Kpi,
  definition: Definition,
  window: Window,
  heard: Heard,
): Promise<Part> {
  const { measure } = kpi;
  if (measure.kind === 'repair-time') {
    const troubles = await readTroubles(
      context.postgres,
      measure.severities,
      window.previousFromMs,
      window.toMs,
    );
    const current = troubles.filter(({ detectedAtMs }) => detectedAtMs >= window.fromMs);
    const before = troubles.filter(({ detectedAtMs }) => detectedAtMs < window.fromMs);
    return {
      current: troubleFinding(current),
      previous: troubleFinding(before),
      series: troubleSeries(current, window.slotsMs, window.toMs, window.asOfMs),
      worst: troubleContributors(definition, current, targetOf(kpi.target))[0] ?? null,
    };
  }
  const asks = measure.kind !== 'findings' && heard.watermarkMs !== null && window.fromMs <= window.asOfMs;
  const rows = asks ? await readBuckets(context.clickHouse, kpi.name, definition, window) : [];
  return {
    current: findingOf(definition, rows, 'current'),
    previous: findingOf(definition, rows, 'previous'),
    series: seriesOf(rows, window.slotsMs, window.asOfMs),
    worst: worstOf(definition, rows),
  };
}

function tileOf(
  kpi: Kpi,
  definition: Definition,
  span: PeriodSpan,
  window: Window,
  heard: Heard,
  { current, previous, series, worst }: Part,
): KpiTile {
  const isMeasured = kpi.measure.kind !== 'findings';
  const { value, numerator, denominator, n } = current;
  return {
    name: kpi.name,
    title: kpi.title,
    kind: kpi.measure.kind,
    owner: kpi.owner ?? null,
    unit: definition.unit,
    higherIsBetter: definition.higherIsBetter,
    target: targetOf(kpi.target),
    status: isMeasured ? statusOf(value, kpi) : 'not_measured',
    why: isMeasured ? whyOf(kpi, value, heard, window) : notReconciled,
    value,
    numerator,
    denominator,
    n,
    coverage: heard.coverage,
    asOf: isMeasured && heard.watermarkMs !== null ? new Date(window.asOfMs).toISOString() : null,
    previous: { value: previous.value, n: previous.n, date: span.previousDate },
    series: isMeasured ? series : [],
    figures: [...current.figures],
    worst,
    range: {
      period: span.period,
      timeZone: span.timeZone,
      date: span.date,
      from: new Date(span.fromMs).toISOString(),
      to: new Date(span.toMs).toISOString(),
      previousDate: span.previousDate,
      nextDate: span.nextDate,
    },
  };
}

function whyOf(kpi: Kpi, value: number | null, heard: Heard, window: Window): string | null {
  if (value !== null) return null;
  if (kpi.measure.kind === 'repair-time') return 'Nothing that was detected in this period is restored.';
  if (heard.watermarkMs === null) return 'Not every system that it rests on was heard in the last 31 days.';
  if (window.fromMs > window.asOfMs) return 'This period has not begun, as far as telemetry has come.';
  return 'Nothing fell due in this period.';
}
