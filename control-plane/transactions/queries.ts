import { query, type ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { z } from 'zod';
import { messageColumns } from '../flows/message-queries.ts';
import { Message } from '../flows/schemas.ts';
import type { ReadLinks } from './resolve-keys.ts';

export const limits = {
  keys: 200,
  events: 1000,
  messages: 500,
  sightings: 5000,
  records: 500,
  traces: 50,
} as const;

/** Looked up by the head of the sort key: asking the bloom filters of every part as well takes half of the time again. */
const byPrimaryKey = 'SETTINGS use_skip_indexes = 0';

/** A key that stands with more others than this is a hub; the rest of its links say nothing more of one run. */
const linksOfKeyMax = 200;
const linksMax = 10_000;

const LinkRow = z.object({ key: z.string(), linked: z.string() });

/**
 * Reads which keys were seen together, for one walk. Each query brings the links of the next keys too, so that most
 * walks need only one.
 */
export function linkReader(clickHouse: ClickHouse): ReadLinks {
  const known = new Map<string, string[]>();
  return async (keys) => {
    const missing = keys.filter((key) => !known.has(key));
    if (missing.length > 0) {
      for (const key of missing) known.set(key, []);
      for (const [key, rows] of Map.groupBy(await readLinks(clickHouse, missing), (row) => row.key)) {
        known.set(
          key,
          rows.map(({ linked }) => linked),
        );
      }
    }
    return keys.flatMap((key) => (known.get(key) ?? []).map((linked) => ({ key, linked })));
  };
}

/** Links of these keys, and of the keys that they lead to. */
function readLinks(clickHouse: ClickHouse, keys: readonly string[]) {
  return query(clickHouse, {
    name: 'transactions.links',
    sql: `
      SELECT DISTINCT Key AS key, Linked AS linked
      FROM business_key_links
      WHERE Key IN {keys:Array(String)}
         OR Key IN (SELECT Linked FROM business_key_links WHERE Key IN {keys:Array(String)} LIMIT ${linksOfKeyMax} BY Key LIMIT ${linksMax})
      ORDER BY key, linked
      LIMIT ${linksOfKeyMax} BY key
      LIMIT ${linksMax}
      ${byPrimaryKey}`,
    params: { keys: [...keys] },
    schema: LinkRow,
  });
}

const EventRow = z.object({
  at: z.string(),
  event: z.string(),
  key: z.string(),
  keys: z.array(z.string()),
  system: z.string(),
  service: z.string(),
  sequence: z.number(),
  traceId: z.string(),
  spanId: z.string(),
  attributes: z.record(z.string(), z.string()),
});
export type EventRow = z.output<typeof EventRow>;

/** Business events of any of these keys, oldest first. */
export function readEvents(clickHouse: ClickHouse, keys: readonly string[]): Promise<EventRow[]> {
  return query(clickHouse, {
    name: 'transactions.events',
    sql: `
      SELECT EventTime AS at, Event AS event, concat(Entity, ':', EntityId) AS key, Keys AS keys, System AS system, Service AS service,
             Sequence AS sequence, TraceId AS traceId, SpanId AS spanId, Attributes AS attributes
      FROM business_events
      WHERE Entity IN {entities:Array(String)} AND EntityId IN {ids:Array(String)} AND key IN {keys:Array(String)}
      ORDER BY EventTime, Event
      LIMIT ${limits.events}`,
    params: splitKeys(keys),
    schema: EventRow,
  });
}

const SightingRow = z.object({
  key: z.string(),
  at: z.string(),
  traceId: z.string(),
  spanId: z.string(),
  system: z.string(),
  flow: z.string(),
  signal: z.string(),
});
export type SightingRow = z.output<typeof SightingRow>;

/** Every span and log that named any of these keys, oldest first. */
export function readSightings(clickHouse: ClickHouse, keys: readonly string[]): Promise<SightingRow[]> {
  return query(clickHouse, {
    name: 'transactions.sightings',
    sql: `
      SELECT Key AS key, Time AS at, TraceId AS traceId, SpanId AS spanId, System AS system, Flow AS flow, Signal AS signal
      FROM business_keys
      WHERE Key IN {keys:Array(String)}
      ORDER BY Time, SpanId
      LIMIT ${limits.sightings}
      ${byPrimaryKey}`,
    params: { keys: [...keys] },
    schema: SightingRow,
  });
}

/**
 * The messages that certain spans are, oldest first. They are asked for by flow and time, which is how they lie on
 * disk, and told from others of the same instant here: a condition on the keys reads that wide column of every granule,
 * which takes three times as long. As values, and sorted outside: a subquery, or a sort that the engine pushes inwards, is ten times slower.
 */
export async function readMessagesOf(
  clickHouse: ClickHouse,
  keys: readonly string[],
  sightings: readonly SightingRow[],
): Promise<Message[]> {
  const spans = sightings.filter(({ signal, flow }) => signal === 'span' && flow !== '');
  if (spans.length === 0) return [];
  const rows = await query(clickHouse, {
    name: 'transactions.messages',
    sql: `
      SELECT * FROM (
        SELECT ${messageColumns}
        FROM messages
        WHERE Flow IN {flows:Array(String)} AND Time IN {times:Array(String)}
        LIMIT ${limits.sightings}
      )
      ORDER BY at, spanId, messageId`,
    params: {
      flows: distinct(spans.map(({ flow }) => flow)),
      times: distinct(spans.map(({ at }) => at.replace('T', ' ').replace('Z', ''))),
    },
    schema: Message,
  });
  const wanted = new Set(keys);
  return rows.filter((row) => row.keys.some((key) => wanted.has(key))).slice(0, limits.messages);
}

const RecordRow = z.object({
  key: z.string(),
  system: z.string(),
  version: z.string(),
  at: z.string(),
  deleted: z.number(),
  fields: z.record(z.string(), z.string()),
});
export type RecordRow = z.output<typeof RecordRow>;

/** What each system believes of these keys now. */
export function readRecords(clickHouse: ClickHouse, keys: readonly string[]): Promise<RecordRow[]> {
  return query(clickHouse, {
    name: 'transactions.records',
    sql: `
      SELECT concat(Entity, ':', EntityId) AS key, System AS system, toString(Version) AS version, Time AS at, Deleted AS deleted, Fields AS fields
      FROM records FINAL
      WHERE Entity IN {entities:Array(String)} AND EntityId IN {ids:Array(String)} AND key IN {keys:Array(String)}
      ORDER BY key, system
      LIMIT ${limits.records}`,
    params: splitKeys(keys),
    schema: RecordRow,
  });
}

/** Entities and ids apart, as the tables have them in their sort keys. */
function splitKeys(keys: readonly string[]) {
  const parts = keys.map((key) => [key.slice(0, key.indexOf(':')), key.slice(key.indexOf(':') + 1)] as const);
  return {
    keys: [...keys],
    entities: distinct(parts.map(([entity]) => entity)),
    ids: distinct(parts.map(([, id]) => id)),
  };
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
