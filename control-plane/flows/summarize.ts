import { durationMs, type Catalog, type Flow } from '@plumbline/model/catalog/schema.ts';
import type { Context } from '../context.ts';
import type { TimeRange } from '../range.ts';
import { slotInstant, slotSeconds, slotStarts } from '../slots.ts';
import { joinFigures, type Figures } from './figures.ts';
import { judge, troubleSince, type Thresholds } from './health.ts';
import {
  readCauses,
  readFigures,
  readSlots,
  type CauseRow,
  type FiguresRow,
  type SlotRow,
} from './queries.ts';
import type { FlowSummary, Health } from './schemas.ts';

const recentMsMax = 3_600_000;
const sparkSlotsMax = 40;
const troubleLookBackMs = 24 * 3_600_000;
const troubleSlotSeconds = 300;
const causesMax = 200;

const order: Record<Health, number> = { failing: 0, silent: 1, degraded: 2, healthy: 3, idle: 4 };
const weight = { critical: 0, high: 1, normal: 2, low: 3 };

/** Thresholds of a flow; one that the catalog does not declare is judged by the catalog's defaults. */
export function thresholdsOf(flow: Flow | undefined): Thresholds {
  return {
    failedRatioMax: flow?.health.failedRatioMax ?? 0.02,
    durationP95MaxMs: durationMs(flow?.health.durationP95Max ?? '30s'),
    silenceMaxMs: durationMs(flow?.health.silenceMax ?? '15m'),
  };
}

/** The window at the end of a range in which health is judged: an hour, or the whole of a shorter range. */
export function recentWindow(range: TimeRange): TimeRange {
  return { from: new Date(Math.max(range.from.getTime(), range.to.getTime() - recentMsMax)), to: range.to };
}

/** Every declared flow, and every undeclared one that has messages, with figures and health; worst first. */
export async function summarizeFlows(
  context: Context,
  range: TimeRange,
  only?: string,
): Promise<FlowSummary[]> {
  const { clickHouse } = context;
  const { catalog } = context.catalog.current();
  const recent = recentWindow(range);
  const isShort = recent.from.getTime() === range.from.getTime();
  const whole = readFigures(clickHouse, range, only);
  const sparkWidth = slotSeconds(range, sparkSlotsMax);
  const [rows, recentRows, slots, causes] = await Promise.all([
    whole,
    isShort ? whole : readFigures(clickHouse, recent, only),
    readSlots(clickHouse, range, sparkWidth, only ? [only] : null),
    readCauses(clickHouse, recent, only ?? '', causesMax),
  ]);
  const names = namesOf(catalog, rows, only);
  const sparks = Map.groupBy(slots, (slot) => slot.flow);
  const byFlow = Map.groupBy(rows, (row) => row.flow);
  const recentByFlow = Map.groupBy(recentRows, (row) => row.flow);
  const summaries = names.map((name) => {
    const flow = catalog.flows.find((one) => one.name === name);
    const figures = joinFigures(byFlow.get(name) ?? [], range);
    const now = joinFigures(recentByFlow.get(name) ?? [], recent);
    const verdict = judgeFlow(
      flow,
      figures,
      now,
      causes.filter((cause) => cause.flow === name),
      recent,
    );
    return {
      ...describe(name, flow),
      ...verdict,
      since: null,
      figures,
      spark: sparkOf(sparks.get(name) ?? [], range, sparkWidth),
    };
  });
  await dateTrouble(context, summaries, range);
  return summaries.sort(worstFirst);
}

function judgeFlow(
  flow: Flow | undefined,
  figures: Figures,
  recent: Figures,
  causes: readonly CauseRow[],
  window: TimeRange,
) {
  const hasConsumer = figures.processed > 0;
  const vital = {
    sent: recent.sent,
    processed: recent.processed,
    failed: recent.failed,
    durationP95Ms: recent.durationP95Ms,
    lastSentAt: figures.lastSentAt === null ? null : new Date(figures.lastSentAt),
    lastProcessedAt: figures.lastProcessedAt === null ? null : new Date(figures.lastProcessedAt),
    hasConsumer,
    topErrorType: causes[0]?.errorType ?? '',
  };
  return judge(vital, thresholdsOf(flow), window.to, window.to.getTime() - window.from.getTime());
}

function namesOf(catalog: Catalog, rows: readonly FiguresRow[], only: string | undefined): string[] {
  const seen = rows.map((row) => row.flow);
  if (only !== undefined)
    return catalog.flows.some((flow) => flow.name === only) || seen.includes(only) ? [only] : [];
  return [...new Set([...catalog.flows.map((flow) => flow.name), ...seen])];
}

function describe(name: string, flow: Flow | undefined) {
  return {
    name,
    title: flow?.title ?? name,
    source: flow?.source ?? '',
    target: flow?.target ?? '',
    entity: flow?.entity ?? '',
    transport: flow?.transport ?? { kind: 'unknown', destination: '' },
    owner: flow?.owner ?? '',
    criticality: flow?.criticality ?? 'normal',
    declared: flow !== undefined,
  };
}

function sparkOf(slots: readonly SlotRow[], range: TimeRange, width: number): FlowSummary['spark'] {
  const bySlot = new Map(slots.map((slot) => [slot.slot, slot]));
  // Where no consumer reports, what was sent is all that is known.
  const hasConsumer = slots.some(({ processed }) => processed > 0);
  return slotStarts(range, width).map((start) => {
    const slot = bySlot.get(start);
    return {
      at: slotInstant(start),
      processed: (hasConsumer ? slot?.processed : slot?.sent) ?? 0,
      failed: slot?.failed ?? 0,
    };
  });
}

/** Dates the trouble of the flows that are in trouble, from slots of five minutes over the last day. */
async function dateTrouble(context: Context, summaries: FlowSummary[], range: TimeRange): Promise<void> {
  const troubled = summaries.filter(({ health }) => health === 'failing' || health === 'silent');
  if (troubled.length === 0) return;
  const lookBack = { from: new Date(range.to.getTime() - troubleLookBackMs), to: range.to };
  const rows = await readSlots(
    context.clickHouse,
    lookBack,
    troubleSlotSeconds,
    troubled.map(({ name }) => name),
  );
  const byFlow = Map.groupBy(rows, (row) => row.flow);
  const { catalog } = context.catalog.current();
  for (const summary of troubled) {
    const slots = (byFlow.get(summary.name) ?? []).map((row) => ({ ...row, at: new Date(row.slot * 1000) }));
    const limits = thresholdsOf(catalog.flows.find(({ name }) => name === summary.name));
    summary.since = troubleSince(slots, summary.health, limits)?.toISOString() ?? null;
  }
}

function worstFirst(a: FlowSummary, b: FlowSummary): number {
  return (
    order[a.health] - order[b.health] ||
    weightOf(a.criticality) - weightOf(b.criticality) ||
    (b.figures.failedRatio ?? 0) - (a.figures.failedRatio ?? 0) ||
    (a.name < b.name ? -1 : 1)
  );
}

function weightOf(criticality: string): number {
  return criticality in weight ? weight[criticality as keyof typeof weight] : weight.normal;
}
