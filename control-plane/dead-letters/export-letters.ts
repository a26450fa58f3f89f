import { inTransaction, query } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import type { Actor } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { decodeHeaders } from './headers.ts';
import type { DeadLetterFilter } from './schemas.ts';
import { selectAwake, type Selection } from './select-letters.ts';
import type { TransferLetter } from './transfer.ts';

const pageRows = 500;
const partBytesMax = 4 * 1024 * 1024;

/**
 * All letters that a filter names, oldest first, one JSON line each, nothing masked; so it is written down who took them.
 * Read in parts as the other side takes them: memory does not grow with their number. What arrives meanwhile stays out.
 */
export async function exportLetters(
  context: Context,
  actor: Actor,
  requestId: string,
  filter: DeadLetterFilter,
): Promise<ReadableStream<Uint8Array>> {
  const selection = selectAwake(filter, actor.id, context.now());
  const last = await newest(context);
  await inTransaction(context.postgres, (on) =>
    recordAct(on, {
      at: context.now(),
      actor,
      action: 'dead_letters.export',
      target: 'dead_letters',
      detail: { filter },
      requestId,
    }),
  );
  return ReadableStream.from(lines(context, selection, last));
}

async function* lines(context: Context, selection: Selection, last: string): AsyncGenerator<Uint8Array> {
  let after = '0';
  for (;;) {
    const page = await listPlaces(context, selection, after, last);
    for (const part of parts(page)) {
      const letters = await readPart(context, part);
      yield Buffer.from(letters.map((letter) => `${JSON.stringify(letter)}\n`).join(''));
    }
    if (page.length < pageRows) return;
    after = page.at(-1)?.seq ?? last;
  }
}

const PlaceRow = z.object({ id: z.string(), seq: z.string(), bytes: z.int() });
type Place = z.output<typeof PlaceRow>;

async function newest({ postgres }: Context): Promise<string> {
  const [row] = await query(postgres, {
    name: 'dead_letters.newest',
    sql: 'SELECT coalesce(max(seq), 0)::text AS seq FROM dead_letters LIMIT 1',
    params: [],
    schema: z.object({ seq: z.string() }),
  });
  return row?.seq ?? '0';
}

function listPlaces({ postgres }: Context, { where, params }: Selection, after: string, last: string) {
  const at = params.length;
  return query(postgres, {
    name: 'dead_letters.export_places',
    sql: `
      SELECT d.id, d.seq::text AS seq, d.body_bytes AS bytes FROM dead_letters d
      WHERE ${where} AND d.seq > $${at + 1}::bigint AND d.seq <= $${at + 2}::bigint
      ORDER BY d.seq LIMIT ${pageRows}`,
    params: [...params, after, last],
    schema: PlaceRow,
  });
}

/** Rows in their order, in parts whose bodies are of a few mebibytes together, or one that is longer. Pure. */
function parts(places: readonly Place[]): Place[][] {
  const found: Place[][] = [];
  let bytes = 0;
  for (const place of places) {
    if (found.length === 0 || bytes + place.bytes > partBytesMax) {
      found.push([]);
      bytes = 0;
    }
    found.at(-1)?.push(place);
    bytes += place.bytes;
  }
  return found;
}

const iso = z.date().transform((at) => at.toISOString());
const bytea = z.instanceof(Buffer);
const LetterRow = z.object({
  id: z.string(),
  flow: z.string(),
  messageId: z.string(),
  state: z.enum(['open', 'acknowledged', 'resolved', 'ignored', 'quarantined']),
  cause: z.string(),
  errorType: z.string(),
  errorMessage: z.string(),
  failedAt: iso,
  arrivedAt: iso,
  keys: z.array(z.string()),
  version: z.string().nullable(),
  value: z.object({ amount: z.string(), currency: z.string() }).nullable(),
  traceId: z.string(),
  spanId: z.string(),
  generation: z.int(),
  tags: z.array(z.string()),
  settledAt: z
    .date()
    .nullable()
    .transform((at) => at?.toISOString() ?? null),
  settledWhy: z.string().nullable(),
  heldBack: z.boolean(),
  body: bytea,
  bodyAbsent: z.boolean(),
  headers: bytea,
  key: bytea.nullable(),
  partition: z.int().nullable(),
  contentType: z.string().nullable(),
  destination: z.string().nullable(),
  attempts: z.array(
    z.object({
      source: z.string(),
      arrivalId: z.string(),
      generation: z.int(),
      at: z.string().transform((at) => new Date(at).toISOString()),
      errorType: z.string(),
      errorMessage: z.string(),
      stack: z.string(),
      reason: z.string().nullable(),
      deliveries: z.int().nullable(),
      traceId: z.string(),
      spanId: z.string(),
    }),
  ),
});

async function readPart({ postgres }: Context, places: readonly Place[]): Promise<TransferLetter[]> {
  const rows = await query(postgres, {
    name: 'dead_letters.export',
    sql: `
      SELECT d.id, d.flow, d.message_id AS "messageId", CASE WHEN d.state = 'replaying' THEN 'open' ELSE d.state END AS state,
        d.cause, d.error_type AS "errorType", d.error_message AS "errorMessage", d.failed_at AS "failedAt", d.arrived_at AS "arrivedAt",
        d.keys, d.version::text AS version,
        CASE WHEN d.value IS NOT NULL THEN jsonb_build_object('amount', d.value::text, 'currency', coalesce(d.currency, '')) END AS value,
        d.trace_id AS "traceId", d.span_id AS "spanId", d.generation, d.tags, d.settled_at AS "settledAt", d.settled_why AS "settledWhy",
        d.held_back AS "heldBack", p.body, p.body_absent AS "bodyAbsent", p.headers, p.key, p.partition, p.content_type AS "contentType", p.destination,
        (SELECT coalesce(jsonb_agg(to_jsonb(a) ORDER BY a.at, a."arrivalId"), '[]') FROM (
          SELECT source, arrival_id AS "arrivalId", generation, at, error_type AS "errorType", error_message AS "errorMessage", stack,
            reason, deliveries, trace_id AS "traceId", span_id AS "spanId"
          FROM dead_letter_attempts WHERE dead_letter_id = d.id ORDER BY dead_letter_attempts.at DESC LIMIT 100) a) AS attempts
      FROM dead_letters d JOIN dead_letter_payloads p ON p.dead_letter_id = d.id
      WHERE d.id = ANY ($1::uuid[])
      ORDER BY d.seq
      LIMIT ${pageRows}`,
    params: [places.map(({ id }) => id)],
    schema: LetterRow,
  });
  return rows.map(({ bodyAbsent, body, headers, key, ...rest }) => ({
    ...rest,
    body: bodyAbsent ? null : body.toString('base64'),
    headers: decodeHeaders(headers).map(([name, value]): [string, string] => [
      Buffer.from(name).toString('base64'),
      value.toString('base64'),
    ]),
    key: key?.toString('base64') ?? null,
  }));
}
