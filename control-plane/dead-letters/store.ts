import type { Flow } from '@plumbline/model/catalog/schema.ts';
import { execute, inTransaction, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import type { Context } from '../context.ts';
import type { Arrival } from '../transports/port.ts';
import { encodeHeaders } from './headers.ts';
import { readLetter, type Letter, type Testimony } from './letter.ts';

/** One arrival, with what whoever handed it in says of it. */
export interface Intake {
  readonly arrival: Arrival;
  readonly said?: Testimony;
}

export interface Receipt {
  readonly id: string;
  /** This arrival was stored before, or its message had died before. */
  readonly known: boolean;
}

interface Item {
  readonly arrival: Arrival;
  readonly letter: Letter;
  readonly at: number;
  /** Flow, message id and payload: what makes two deaths one letter. */
  readonly identity: string;
}

/**
 * Stores a batch of one flow in one transaction, and only then may it be acknowledged. The same arrival again changes
 * nothing; another death of a known message becomes an attempt of its letter and opens it again.
 * @returns receipts in the order of the batch
 */
export async function storeArrivals(
  context: Context,
  flow: Flow,
  source: string,
  batch: readonly Intake[],
): Promise<Receipt[]> {
  const { catalog } = context.catalog.current();
  const now = context.now();
  const items = batch.map(({ arrival, said }, at): Item => {
    const letter = readLetter(catalog, flow, arrival, now, said);
    return { arrival, letter, at, identity: `${letter.messageId} ${letter.payloadHash.toString('hex')}` };
  });
  const receipts = await inTransaction(context.postgres, (on) =>
    storeItems(context, on, flow.name, source, items),
  );
  context.events.publish('dead-letters.changed', { flow: flow.name });
  return receipts;
}

async function storeItems(
  context: Context,
  on: Executor,
  flow: string,
  source: string,
  given: readonly Item[],
): Promise<Receipt[]> {
  const seen = await findArrivals(on, source, given);
  // The same bytes, delivered for the first time: another death, though nothing in it says so.
  const items = given.map((item) =>
    item.arrival.isFirstDelivery && seen.has(item.arrival.arrivalId)
      ? {
          ...item,
          arrival: { ...item.arrival, arrivalId: `${item.arrival.arrivalId}#${context.randomId()}` },
        }
      : item,
  );
  const fresh = firstOfEach(
    items.filter(({ arrival }) => !seen.has(arrival.arrivalId)),
    ({ arrival }) => arrival.arrivalId,
  );
  const replayed = await findReplayed(on, flow, fresh);
  const firsts = firstOfEach(
    fresh.filter(({ at }) => !replayed.has(at)),
    ({ identity }) => identity,
  );
  const made = await insertLetters(context, on, flow, firsts);
  await insertPayloads(on, firsts, made);
  const letters = await findLetters(on, flow, fresh, made);
  const idOf = (item: Item): string | undefined =>
    replayed.get(item.at) ?? made.get(item.identity) ?? letters.get(item.identity);
  const again = fresh.filter((item) => replayed.has(item.at) || !made.has(item.identity));
  await reopen(
    on,
    again.flatMap((item) => {
      const id = idOf(item);
      return id ? [{ id, letter: item.letter }] : [];
    }),
    context.now(),
  );
  await insertAttempts(on, source, fresh, idOf);
  const stored = new Map(fresh.map((item) => [item.arrival.arrivalId, idOf(item)]));
  return items.map(({ arrival, identity }) => ({
    id: seen.get(arrival.arrivalId) ?? stored.get(arrival.arrivalId) ?? '',
    known: seen.has(arrival.arrivalId) || !made.has(identity),
  }));
}

function firstOfEach(items: readonly Item[], keyOf: (item: Item) => string): Item[] {
  return [...new Map(items.toReversed().map((item) => [keyOf(item), item])).values()].toReversed();
}

const IdRow = z.object({ key: z.string(), id: z.string() });

async function findArrivals(
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
async function findReplayed(
  on: Executor,
  flow: string,
  items: readonly Item[],
): Promise<Map<number, string>> {
  const ids = items.flatMap(({ letter }) => letter.replayOf ?? []);
  if (ids.length === 0) return new Map();
  const rows = await query(on, {
    name: 'dead_letters.replayed',
    sql: `SELECT id::text AS key, id FROM dead_letters WHERE flow = $1 AND id::text = ANY ($2::text[]) LIMIT 10000`,
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

async function insertLetters(
  context: Context,
  on: Executor,
  flow: string,
  items: readonly Item[],
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
      context.now(),
      letters.map(() => context.randomId()),
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

async function insertPayloads(
  on: Executor,
  items: readonly Item[],
  made: ReadonlyMap<string, string>,
): Promise<void> {
  const own = items.filter(({ identity }) => made.has(identity));
  if (own.length === 0) return;
  await execute(
    on,
    `INSERT INTO dead_letter_payloads (dead_letter_id, body, body_absent, headers, key, partition, content_type, destination, words)
     SELECT id, body, body_absent, headers, key, partition, content_type, destination, to_tsvector('simple', words)
     FROM unnest($1::uuid[], $2::bytea[], $3::boolean[], $4::bytea[], $5::bytea[], $6::int[], $7::text[], $8::text[], $9::text[])
       AS t (id, body, body_absent, headers, key, partition, content_type, destination, words)`,
    [
      own.map(({ identity }) => made.get(identity)),
      own.map(({ arrival }) => arrival.body ?? Buffer.alloc(0)),
      own.map(({ arrival }) => arrival.body === null),
      own.map(({ arrival }) => encodeHeaders(arrival.headers)),
      own.map(({ arrival }) => arrival.key),
      own.map(({ arrival }) => arrival.partition),
      own.map(({ arrival }) => arrival.contentType),
      own.map(({ arrival }) => arrival.originalDestination),
      own.map(({ letter }) => letter.words),
    ],
  );
}

/** Letters that were there before, by identity. */
async function findLetters(
  on: Executor,
  flow: string,
  items: readonly Item[],
  made: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const before = items.filter(({ identity }) => !made.has(identity));
  if (before.length === 0) return new Map();
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
      before.map(({ letter }) => letter.messageId),
      before.map((item) => item.letter.payloadHash.toString('hex')),
    ],
    schema: IdRow,
  });
  return new Map(rows.map(({ key, id }) => [key, id]));
}

/**
 * Known letters that died again: open once more, whatever they were, but for those in quarantine. A replay that had
 * sent them learns it here, in the same transaction. The late death of an earlier replay changes nothing of a later one.
 */
async function reopen(
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
     WHERE i.dead_letter_id = t.id AND i.generation = coalesce(t.generation, d.generation) AND i.state IN ('sending', 'sent', 'unknown')`,
    [ids, reasons, now, generations],
  );
  await execute(
    on,
    `UPDATE dead_letters d
     SET state = CASE WHEN d.state = 'quarantined' THEN d.state ELSE 'open' END,
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

async function insertAttempts(
  on: Executor,
  source: string,
  items: readonly Item[],
  idOf: (item: Item) => string | undefined,
): Promise<void> {
  const own = items.filter((item) => idOf(item) !== undefined);
  if (own.length === 0) return;
  await execute(
    on,
    `INSERT INTO dead_letter_attempts (dead_letter_id, source, arrival_id, generation, at, error_type, error_message, stack,
       reason, deliveries, trace_id, span_id, replay_id)
     SELECT t.id, $1, t.arrival_id, d.generation, t.at, t.error_type, t.error_message, t.stack, t.reason, t.deliveries,
       t.trace_id, t.span_id,
       (SELECT i.replay_id FROM replay_items i WHERE i.dead_letter_id = t.id AND i.generation = d.generation LIMIT 1)
     FROM unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[], $9::int[],
       $10::text[], $11::text[]) AS t (id, arrival_id, at, error_type, error_message, stack, reason, deliveries, trace_id, span_id)
     JOIN dead_letters d ON d.id = t.id
     ON CONFLICT DO NOTHING`,
    [
      source,
      own.map(idOf),
      own.map(({ arrival }) => arrival.arrivalId),
      own.map(({ letter }) => letter.failedAt),
      own.map(({ letter }) => letter.errorType),
      own.map(({ letter }) => letter.errorMessage),
      own.map(({ letter }) => letter.stack),
      own.map(({ arrival }) => arrival.reason),
      own.map(({ arrival }) => arrival.deliveries),
      own.map(({ letter }) => letter.traceId),
      own.map(({ letter }) => letter.spanId),
    ],
  );
}
