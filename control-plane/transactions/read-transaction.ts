import type { Catalog, Process } from '@plumbline/model/catalog/schema.ts';
import { parseBusinessKey } from '@plumbline/model/telemetry/business-key.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { readTraceIndex, type TraceIndexRow } from '../traces/queries.ts';
import { compareRecords, maskFields } from './compare-records.ts';
import { judgeMilestones, partsOf, progressOf, runState, type MilestoneVerdict } from './milestones.ts';
import {
  limits,
  readEvents,
  linkReader,
  readMessagesOf,
  readRecords,
  readSightings,
  type EventRow,
  type SightingRow,
} from './queries.ts';
import { resolveKeys } from './resolve-keys.ts';
import type { Transaction, TransactionSummary } from './schemas.ts';

/** A transaction whole, found by any of its keys. @throws Problem bad_request, not_found */
export async function readTransaction(context: Context, text: string): Promise<Transaction> {
  const { clickHouse } = context;
  if (!parseBusinessKey(text))
    throw new Problem(
      'bad_request',
      `"${text}" is not a business key: write entity:id, as in order:SO-1001.`,
    );
  const { catalog } = context.catalog.current();
  const resolved = await resolveKeys(text, catalog.processes, linkReader(clickHouse), limits.keys);
  const { keys } = resolved;
  const [events, sightings, records] = await Promise.all([
    readEvents(clickHouse, keys),
    readSightings(clickHouse, keys),
    readRecords(clickHouse, keys),
  ]);
  if (sightings.length === 0 && events.length === 0 && records.length === 0) {
    throw new Problem('not_found', `Nothing is known of ${text}: no span, event or record names it.`);
  }
  const traceIds = tracesOf(sightings, events);
  const [messages, traces] = await Promise.all([
    readMessagesOf(clickHouse, keys, sightings),
    readTraceIndex(clickHouse, traceIds.slice(0, limits.traces)),
  ]);
  const { process, lead } = resolved;
  // An event about a shipment may well quote its customer: what any entity hides is hidden in all of them.
  const maskedFields = new Set(catalog.entities.flatMap(({ masked }) => masked));
  const reached = process ? reachedBy(process, events) : new Map<string, EventRow>();
  const verdicts = process ? judgeMilestones(process, timesOf(reached), context.now()) : [];
  return {
    requested: text,
    summary: process && lead ? summarize(process, lead, verdicts, events, sightings) : null,
    keys: resolved.keys.flatMap((key) => keyView(key, lead, sightings, events)),
    systems: systemsOf(catalog, sightings, events),
    milestones: verdicts.map((verdict) => ({
      ...milestoneView(verdict, reached, context.now()),
      parts: process ? partsOf(process, verdict.milestone, events) : null,
    })),
    events: events.map((event) => eventView(event, maskedFields)),
    messages,
    records: compareRecords(records, catalog),
    traces: traces.map(traceView),
    truncated:
      resolved.keys.length >= limits.keys ||
      events.length >= limits.events ||
      sightings.length >= limits.sightings ||
      messages.length >= limits.messages ||
      records.length >= limits.records ||
      traceIds.length > limits.traces,
  };
}

/**
 * The event by which each milestone was first reached. Where a process knows one event of two systems, the system
 * tells them apart. @param events oldest first
 */
export function reachedBy<Event extends Pick<EventRow, 'event' | 'system'>>(
  process: Process,
  events: readonly Event[],
): Map<string, Event> {
  const reached = new Map<string, Event>();
  for (const milestone of process.milestones) {
    const isShared = process.milestones.filter(({ event }) => event === milestone.event).length > 1;
    const first = events.find(
      ({ event, system }) => event === milestone.event && (!isShared || system === milestone.system),
    );
    if (first) reached.set(milestone.name, first);
  }
  return reached;
}

function timesOf(reached: ReadonlyMap<string, EventRow>): Map<string, Date> {
  return new Map([...reached].map(([name, { at }]) => [name, new Date(at)]));
}

function summarize(
  process: Process,
  lead: string,
  verdicts: readonly MilestoneVerdict[],
  events: readonly EventRow[],
  sightings: readonly SightingRow[],
): TransactionSummary {
  const instants = [...events.map(({ at }) => at), ...sightings.map(({ at }) => at)].sort();
  const milestones = verdicts.flatMap(({ at }) => at?.toISOString() ?? []).sort();
  const worth = process.value && events.find(({ event }) => event === process.value?.event)?.attributes;
  const amount = process.value && worth?.[process.value.amount];
  const currency = process.value && worth?.[process.value.currency];
  return {
    ...progressOf(process, verdicts),
    key: lead,
    state: runState(verdicts),
    // As in the list: a run begins with its first milestone, and only without any with what was first seen.
    startedAt: milestones[0] ?? instants[0] ?? '',
    lastAt: instants.at(-1) ?? '',
    value: amount && /^-?\d+(\.\d+)?$/.test(amount) ? { amount, currency: currency ?? '' } : null,
  };
}

function eventView(event: EventRow, masked: ReadonlySet<string>): Transaction['events'][number] {
  return {
    ...event,
    sequence: event.sequence === 0 ? null : event.sequence,
    attributes: maskFields(event.attributes, masked),
  };
}

function milestoneView(
  { milestone, state, at, dueAt, noDueWhy }: MilestoneVerdict,
  reached: ReadonlyMap<string, EventRow>,
  now: Date,
): Omit<Transaction['milestones'][number], 'parts'> {
  const until = at ?? (state === 'overdue' ? now : null);
  return {
    name: milestone.name,
    title: milestone.title,
    event: milestone.event,
    // Orders of several channels share one milestone: once it is reached, who reached it is known.
    system: reached.get(milestone.name)?.system || milestone.system,
    optional: milestone.optional,
    state,
    at: at?.toISOString() ?? null,
    dueAt: dueAt?.toISOString() ?? null,
    noDueWhy,
    lateByMs: until && dueAt ? until.getTime() - dueAt.getTime() : null,
    traceId: reached.get(milestone.name)?.traceId || null,
  };
}

function keyView(
  key: string,
  lead: string | undefined,
  sightings: readonly SightingRow[],
  events: readonly EventRow[],
): Transaction['keys'] {
  const instants = [
    ...sightings.filter((one) => one.key === key),
    ...events.filter((one) => one.keys.includes(key)),
  ]
    .map(({ at }) => at)
    .sort();
  const [firstAt, lastAt] = [instants[0], instants.at(-1)];
  if (firstAt === undefined || lastAt === undefined) return [];
  return [{ key, entity: key.slice(0, key.indexOf(':')), firstAt, lastAt, lead: key === lead }];
}

function tracesOf(sightings: readonly SightingRow[], events: readonly EventRow[]): string[] {
  return [...new Set([...sightings, ...events].map(({ traceId }) => traceId).filter((id) => id !== ''))];
}

/** Systems that took part, in the order in which they first did. */
function systemsOf(
  catalog: Catalog,
  sightings: readonly SightingRow[],
  events: readonly EventRow[],
): string[] {
  const seen = [...sightings, ...events].sort((a, b) => (a.at < b.at ? -1 : 1)).map(({ system }) => system);
  const declared = new Set(catalog.systems.map(({ name }) => name));
  return [...new Set(seen)]
    .filter((system) => system !== '')
    .sort((a, b) => Number(declared.has(b)) - Number(declared.has(a)));
}

function traceView(row: TraceIndexRow): Transaction['traces'][number] {
  return {
    traceId: row.traceId,
    startAt: row.start,
    durationMs: new Date(row.end).getTime() - new Date(row.start).getTime(),
    spans: row.spans,
    errors: row.errors,
    name: row.name,
    services: row.services,
  };
}
