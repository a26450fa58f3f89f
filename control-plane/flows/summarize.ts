import { durationMs, type Catalog, type Flow } from '@plumbline/model/catalog/schema.ts';
import type { Context } from '../context.ts';
import type { TimeRange } from '../range.ts';
import { rememberFor } from '../remember.ts';
import { slotInstant, slotSeconds, slotStarts, wholeMinutes } from '../slots.ts';
import { attemptsIn, joinFigures, type Figures } from './figures.ts';
import type { Thresholds } from './health.ts';
import { assess, type Subject } from './assess.ts';
import {
  consumerKnownMs,
  readCauses,
  readFigures,
  readLastHeard,
  readSlots,
  type CauseRow,
  type SlotRow,
} from './queries.ts';
import type { FlowSummary, Health } from './schemas.ts';

const recentMsMax = 3_600_000;
/** A range of an hour that does not begin on a minute is an hour and a minute when made whole. */
const wholeMsMax = recentMsMax + 60_000;
const sparkSlotsMax = 40;
const causesMax = 500;

const order: Record<Health, number> = {
  failing: 0,
  silent: 1,
  degraded: 2,
  recovered: 3,
  healthy: 4,
  idle: 5,
};
const weight = { critical: 0, high: 1, normal: 2, low: 3 };

/** Thresholds of a flow; one that the catalog does not declare is judged by the catalog's defaults. */
export function thresholdsOf(flow: Flow | undefined): Thresholds {
  return {
    failedRatioMax: flow?.health.failedRatioMax ?? 0.02,
    durationP95MaxMs: durationMs(flow?.health.durationP95Max ?? '30s'),
    silenceMaxMs: durationMs(flow?.health.silenceMax ?? '15m'),
  };
}

/** The window at the end of a range in which health is judged: an hour, or the whole of a range that is about as long. */
export function recentWindow(range: TimeRange): TimeRange {
  if (range.to.getTime() - range.from.getTime() <= wholeMsMax) return range;
  return { from: new Date(range.to.getTime() - recentMsMax), to: range.to };
}

/** Overview, flows, systems and topology ask for the same; whoever asks within this time shares one answer. */
const summaryLifeMs = 2000;
const summaries = new WeakMap<Context, ReturnType<typeof rememberFor<readonly FlowSummary[]>>>();

/**
 * Every declared flow, and every undeclared one that has messages, with figures and health; worst first. The answer
 * may be two seconds old. @param only the one flow to summarize; an empty list: nothing is known of it.
 */
export function summarizeFlows(
  context: Context,
  asked: TimeRange,
  only?: string,
): Promise<readonly FlowSummary[]> {
  const { catalog } = context.catalog.current();
  const range = wholeMinutes(asked);
  const remember = summaries.get(context) ?? rememberFor(summaryLifeMs, context.now);
  summaries.set(context, remember);
  const key = JSON.stringify([catalog.hash, range.from, range.to, only]);
  return remember(key, () => summarize(context, catalog, range, only));
}

async function summarize(
  { clickHouse }: Context,
  catalog: Catalog,
  range: TimeRange,
  only?: string,
): Promise<FlowSummary[]> {
  const recent = recentWindow(range);
  const whole = readFigures(clickHouse, range, only);
  const sparkWidth = slotSeconds(range, sparkSlotsMax);
  const [rows, recentRows, heard, slots, causes] = await Promise.all([
    whole,
    recent.from.getTime() === range.from.getTime() ? whole : readFigures(clickHouse, recent, only, false),
    readLastHeard(clickHouse, { from: new Date(range.to.getTime() - consumerKnownMs), to: range.to }, only),
    // Who asks for one flow gets its whole series instead.
    only === undefined ? readSlots(clickHouse, range, sparkWidth, null) : [],
    readCauses(clickHouse, recent, only ?? '', causesMax),
  ]);
  const [sparks, byFlow, recentByFlow, causesByFlow] = [
    Map.groupBy(slots, ({ flow }) => flow),
    Map.groupBy(rows, ({ flow }) => flow),
    Map.groupBy(recentRows, ({ flow }) => flow),
    Map.groupBy(causes, ({ flow }) => flow),
  ];
  const heardByFlow = new Map(heard.map((row) => [row.flow, row]));
  const declared = new Map(catalog.flows.map((flow) => [flow.name, flow]));
  const seen = only === undefined ? byFlow.keys() : [...byFlow.keys(), ...heardByFlow.keys()];
  const judged = namesOf(catalog, seen, only).map((name) => {
    const flow = declared.get(name);
    const last = heardByFlow.get(name);
    const hasConsumer = typeof last?.lastProcessedAt === 'string';
    const figures = joinFigures(byFlow.get(name) ?? [], range, hasConsumer);
    const subject: Subject = {
      name,
      limits: thresholdsOf(flow),
      hasConsumer,
      recent: joinFigures(recentByFlow.get(name) ?? [], recent, hasConsumer),
      mostlyType: mostlyType(causesByFlow.get(name) ?? []),
      lastSentAt: dateOf(last?.lastSentAt),
      lastProcessedAt: dateOf(last?.lastProcessedAt),
    };
    // Of thousands of flows most are idle at a time: zeros by the megabyte tell nobody anything.
    const own = sparks.get(name);
    const spark = own ? sparkOf(own, hasConsumer, range, sparkWidth) : [];
    return { subject, summary: { ...describe(name, flow), figures, spark } };
  });
  const verdicts = await assess(
    clickHouse,
    judged.map(({ subject }) => subject),
    recent,
  );
  return judged
    .flatMap(({ subject, summary }) => {
      const verdict = verdicts.get(subject.name);
      return verdict ? [{ ...summary, ...verdict }] : [];
    })
    .sort(worstFirst);
}

function dateOf(instant: string | null | undefined): Date | null {
  return typeof instant === 'string' ? new Date(instant) : null;
}

/** The error type of more than half of the failures; empty when there is none. */
export function mostlyType(causes: readonly Pick<CauseRow, 'errorType' | 'count'>[]): string {
  const all = causes.reduce((sum, { count }) => sum + count, 0);
  for (const [type, rows] of Map.groupBy(causes, ({ errorType }) => errorType)) {
    if (rows.reduce((sum, { count }) => sum + count, 0) * 2 > all) return type;
  }
  return '';
}

function namesOf(catalog: Catalog, seen: Iterable<string>, only: string | undefined): string[] {
  const known = [...new Set([...catalog.flows.map((flow) => flow.name), ...seen])];
  return only === undefined ? known : known.filter((name) => name === only);
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

function sparkOf(
  slots: readonly SlotRow[],
  hasConsumer: boolean,
  range: TimeRange,
  width: number,
): FlowSummary['spark'] {
  const bySlot = new Map(slots.map((slot) => [slot.slot, slot]));
  return slotStarts(range, width).map((start) => {
    const slot = bySlot.get(start);
    // Where no consumer reports, what was sent is all that is known.
    return {
      at: slotInstant(start),
      ...(slot ? attemptsIn(slot, hasConsumer) : { processed: 0, failed: 0 }),
    };
  });
}

type Rank = Pick<FlowSummary, 'health' | 'criticality' | 'name'> & { figures: Figures };

function worstFirst(a: Rank, b: Rank): number {
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
