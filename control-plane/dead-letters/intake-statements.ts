import { execute, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import type { Arrival } from '../transports/port.ts';
import { encodeHeaders } from './headers.ts';
import { cleanOrNull, countOrNull, type Letter } from './letter.ts';
import { packBytes } from './pack-bytes.ts';

/** One arrival of a batch, read. */
export interface Item {
  readonly arrival: Arrival;
  readonly letter: Letter;
  /** Its place in the batch. */
  readonly at: number;
  /** Message id and payload: what makes two deaths of a flow one letter. */
  readonly identity: string;
}

const IdRow = z.object({ key: z.string(), id: z.string() });
/** Bytes that travel in one statement. */
const statementBytesMax = 32 * 1024 * 1024;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Keeps every other intake away from the same arrivals and messages until the transaction ends, in whatever process: what
 * is read after this is what the others stored. In one order, so that two batches never wait for each other.
 */
export async function lockIntake(on: Executor, locks: readonly number[]): Promise<void> {
  await execute(on, 'SELECT pg_advisory_xact_lock($1, lock) FROM unnest($2::int[]) AS lock', [
    intakeLocks,
    [...new Set(locks)].toSorted((a, b) => a - b),
  ]);
}
/** The first half of the locks of intake; nothing else in this database uses it. */
const intakeLocks = 710_430;

/** Letters of arrivals that were stored before, by arrival id. */
export async function findArrivals(
  on: Executor,
  source: string,
  items: readonly Item[],
): Promise<Map<string, string>> {
  const rows = await query(on, {
    name: 'dead_letters.arrivals',
    sql: `SELECT arrival_id AS key, dead_letter_id AS id FROM dead_letter_attempts
          WHERE source = $1 AND arrival_id = ANY ($2::text[]) LIMIT 10000`,
    params: [source, items.map(({ arrival }) => arrival.arrivalId)],
    schema: IdRow,
  });
  return new Map(rows.map(({ key, id }) => [key, id]));
}

/** Letters that a replay of ours carried here again, by the item's place in the batch: an edit has another payload. */
export async function findReplayed(
  on: Executor,
  flow: string,
  items: readonly Item[],
): Promise<Map<number, string>> {
  const ids = items.flatMap(({ letter: { replayOf } }) =>
    replayOf !== null && uuid.test(replayOf) ? [replayOf] : [],
  );
  if (ids.length === 0) return new Map();
  const rows = await query(on, {
    name: 'dead_letters.replayed',
    sql: `SELECT id::text AS key, id FROM dead_letters WHERE flow = $1 AND id = ANY ($2::uuid[]) LIMIT 10000`,
    params: [flow, ids],
    schema: IdRow,
  });
  const known = new Set(rows.map(({ id }) => id));
  return new Map(
    items.flatMap(({ at, letter }) =>
      letter.replayOf !== null && known.has(letter.replayOf) ? [[at, letter.replayOf] as const] : [],
    ),
  );
}

/** Inserts letters under the ids given; answers those that were not there, by identity. */
export async function insertLetters(
  on: Executor,
  flow: string,
  items: readonly Item[],
  ids: readonly string[],
  now: Date,
): Promise<Map<string, string>> {
  if (items.length === 0) return new Map();
  const letters = items.map(({ letter }) => letter);
  const rows = await query(on, {
    name: 'dead_letters.insert',
    sql: `
      INSERT INTO dead_letters (id, flow, message_id, state, cause, error_type, error_message, failed_at, arrived_at,
        payload_hash, body_bytes, keys, version, value, currency, trace_id, span_id)
      SELECT id, $1, message_id, 'open', cause, error_type, error_message, failed_at, $2,
        decode(payload_hash, 'hex'), body_bytes, ARRAY(SELECT jsonb_array_elements_text(keys)), version, value, currency, trace_id, span_id
      FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[], $9::text[], $10::int[],
        $11::jsonb[], $12::bigint[], $13::numeric[], $14::text[], $15::text[], $16::text[])
        AS t (id, message_id, cause, error_type, error_message, failed_at, payload_hash, body_bytes, keys, version, value, currency, trace_id, span_id)
      ON CONFLICT (flow, message_id, payload_hash) DO NOTHING
      RETURNING message_id || ' ' || encode(payload_hash, 'hex') AS key, id`,
    params: [
      flow,
      now,
      ids,
      letters.map(({ messageId }) => messageId),
      letters.map(({ cause }) => cause),
      letters.map(({ errorType }) => errorType),
      letters.map(({ errorMessage }) => errorMessage),
      letters.map(({ failedAt }) => failedAt),
      letters.map((letter) => letter.payloadHash.toString('hex')),
      items.map(({ arrival }) => arrival.body?.length ?? 0),
      letters.map(({ keys }) => JSON.stringify(keys)),
      letters.map(({ version }) => version),
      letters.map(({ value }) => value?.amount ?? null),
      letters.map(({ value }) => value?.currency ?? null),
      letters.map(({ traceId }) => traceId),
      letters.map(({ spanId }) => spanId),
    ],
    schema: IdRow,
  });
  return new Map(rows.map(({ key, id }) => [key, id]));
}

export async function insertPayloads(
  on: Executor,
  items: readonly Item[],
  made: ReadonlyMap<string, string>,
): Promise<void> {
  const own = items.filter(({ identity }) => made.has(identity));
  for (const part of slices(own, statementBytesMax)) await insertSlice(on, part, made);
}

/** Bodies travel as one binary parameter: as an array of bytea they would be written in hexadecimal, twice as long. */
async function insertSlice(
  on: Executor,
  items: readonly Item[],
  made: ReadonlyMap<string, string>,
): Promise<void> {
  const bodies = packBytes(items.map(({ arrival }) => arrival.body));
  const headers = packBytes(items.map(({ arrival }) => encodeHeaders(arrival.headers)));
  const keys = packBytes(items.map(({ arrival }) => arrival.key));
  await execute(
    on,
    `INSERT INTO dead_letter_payloads (dead_letter_id, body, body_absent, headers, key, partition, content_type, destination, words)
     SELECT id, coalesce(substring($2::bytea FROM body_at FOR body_bytes), ''), body_at IS NULL,
       substring($3::bytea FROM headers_at FOR headers_bytes), substring($4::bytea FROM key_at FOR key_bytes),
       partition, content_type, destination, to_tsvector('simple', words)
     FROM unnest($1::uuid[], $5::int[], $6::int[], $7::int[], $8::int[], $9::int[], $10::int[], $11::int[], $12::text[], $13::text[], $14::text[])
       AS t (id, body_at, body_bytes, headers_at, headers_bytes, key_at, key_bytes, partition, content_type, destination, words)`,
    [
      items.map(({ identity }) => made.get(identity)),
      bodies.bytes,
      headers.bytes,
      keys.bytes,
      bodies.starts,
      bodies.lengths,
      headers.starts,
      headers.lengths,
      keys.starts,
      keys.lengths,
      items.map(({ arrival }) => arrival.partition),
      items.map(({ arrival }) => cleanOrNull(arrival.contentType)),
      items.map(({ arrival }) => cleanOrNull(arrival.originalDestination)),
      items.map(({ letter }) => letter.words),
    ],
  );
}

/** Items in their order, in parts whose bodies are of at most `bytesMax` together, or one body longer than that. Pure. */
function slices(items: readonly Item[], bytesMax: number): Item[][] {
  const parts: Item[][] = [];
  let bytes = 0;
  for (const item of items) {
    const own = item.arrival.body?.length ?? 0;
    if (parts.length === 0 || bytes + own > bytesMax) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(item);
    bytes += own;
  }
  return parts;
}

/** Letters that were there before, by identity. */
export async function findLetters(
  on: Executor,
  flow: string,
  items: readonly Item[],
): Promise<Map<string, string>> {
  if (items.length === 0) return new Map();
  const rows = await query(on, {
    name: 'dead_letters.known',
    sql: `
      SELECT d.message_id || ' ' || encode(d.payload_hash, 'hex') AS key, d.id
      FROM dead_letters d
      JOIN unnest($2::text[], $3::text[]) AS t (message_id, payload_hash)
        ON d.message_id = t.message_id AND d.payload_hash = decode(t.payload_hash, 'hex')
      WHERE d.flow = $1 LIMIT 10000`,
    params: [
      flow,
      items.map(({ letter }) => letter.messageId),
      items.map((item) => item.letter.payloadHash.toString('hex')),
    ],
    schema: IdRow,
  });
  return new Map(rows.map(({ key, id }) => [key, id]));
}

/** Holds letters as they are until the transaction ends, in the order in which everybody locks them; answers which still are. */
export async function lockLetters(on: Executor, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await query(on, {
    name: 'dead_letters.lock',
    sql: 'SELECT id FROM dead_letters WHERE id = ANY ($1::uuid[]) ORDER BY seq LIMIT 10000 FOR UPDATE',
    params: [ids],
    schema: z.object({ id: z.string() }),
  });
  return new Set(rows.map(({ id }) => id));
}

/**
 * Known letters that died again: open once more, whatever they were, but for those in quarantine. A replay that had
 * sent them learns it here, in the same transaction. The late death of an earlier replay changes nothing of a later one.
 */
export async function reopen(
  on: Executor,
  deaths: readonly { readonly id: string; readonly letter: Letter }[],
  now: Date,
): Promise<void> {
  if (deaths.length === 0) return;
  const ids = deaths.map(({ id }) => id);
  const reasons = deaths.map(({ letter }) => `died again: ${letter.cause}`);
  const generations = deaths.map(({ letter }) => letter.generation);
  await execute(
    on,
    `UPDATE replay_items i SET state = 'refailed', reason = t.reason, settled_at = $3
     FROM unnest($1::uuid[], $2::text[], $4::int[]) AS t (id, reason, generation)
     JOIN dead_letters d ON d.id = t.id
     WHERE i.dead_letter_id = t.id AND i.generation = least(t.generation, d.generation) AND i.state IN ('sending', 'sent', 'unknown')`,
    [ids, reasons, now, generations],
  );
  await execute(
    on,
    `UPDATE dead_letters d
     SET state = CASE WHEN d.state = 'quarantined' OR d.state IN ('resolved', 'ignored') AND d.held_back THEN 'quarantined' ELSE 'open' END,
         cause = t.cause, error_type = t.error_type, error_message = t.error_message,
         failed_at = greatest(d.failed_at, t.failed_at), revision = d.revision + 1, replay_id = NULL,
         settled_at = CASE WHEN d.state = 'quarantined' THEN d.settled_at END,
         settled_why = CASE WHEN d.state = 'quarantined' THEN d.settled_why END, archived_at = NULL
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::int[]) AS t (id, cause, error_type, error_message, failed_at, generation)
     WHERE d.id = t.id AND NOT (d.state = 'replaying' AND coalesce(t.generation < d.generation, false))`,
    [
      ids,
      deaths.map(({ letter }) => letter.cause),
      deaths.map(({ letter }) => letter.errorType),
      deaths.map(({ letter }) => letter.errorMessage),
      deaths.map(({ letter }) => letter.failedAt),
      generations,
    ],
  );
}

/** One attempt for each arrival; a death of an earlier replay is counted to that one. */
export async function insertAttempts(
  on: Executor,
  source: string,
  items: readonly Item[],
  idOf: (item: Item) => string,
): Promise<number> {
  if (items.length === 0) return 0;
  return execute(
    on,
    `INSERT INTO dead_letter_attempts (dead_letter_id, source, arrival_id, generation, at, error_type, error_message, stack,
       reason, deliveries, trace_id, span_id, replay_id)
     SELECT t.id, $1, t.arrival_id, least(t.generation, d.generation), t.at, t.error_type, t.error_message, t.stack, t.reason, t.deliveries,
       t.trace_id, t.span_id,
       (SELECT i.replay_id FROM replay_items i WHERE i.dead_letter_id = t.id AND i.generation = least(t.generation, d.generation) LIMIT 1)
     FROM unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[], $9::int[],
       $10::text[], $11::text[], $12::int[]) AS t (id, arrival_id, at, error_type, error_message, stack, reason, deliveries, trace_id, span_id, generation)
     JOIN dead_letters d ON d.id = t.id`,
    [
      source,
      items.map(idOf),
      items.map(({ arrival }) => arrival.arrivalId),
      items.map(({ letter }) => letter.failedAt),
      items.map(({ letter }) => letter.errorType),
      items.map(({ letter }) => letter.errorMessage),
      items.map(({ letter }) => letter.stack),
      items.map(({ letter }) => letter.reason),
      items.map(({ arrival }) => countOrNull(arrival.deliveries)),
      items.map(({ letter }) => letter.traceId),
      items.map(({ letter }) => letter.spanId),
      items.map(({ letter }) => letter.generation),
    ],
  );
}
