import type { Catalog } from '@plumbline/model/catalog/schema.ts';
import { execute, inTransaction, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import type { Actor } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import type { Arrival } from '../transports/port.ts';
import { findLetters, insertPayloads, lockIntake, type Item } from './intake-statements.ts';
import { readLetter, rulesOf } from './letter.ts';
import { hideInDeath, hideInLetter, secretsOf } from './quotes.ts';
import { lockOf } from './store.ts';
import { TransferLetter, type Imported } from './transfer.ts';

const linesMax = 5000;
const errorsMax = 50;

interface Line {
  readonly letter: TransferLetter;
  readonly item: Item;
}
type LineError = { path: string; message: string };

/**
 * Takes in what an export gave, in one transaction: all of it, or nothing and a sentence for each line that is wrong. What
 * is here already, by id, arrival or message, stays as it is; so the same file may be sent again.
 * @throws Problem bad_request
 */
export async function importLetters(
  context: Context,
  actor: Actor,
  requestId: string,
  file: string,
): Promise<z.output<typeof Imported>> {
  const lines = readLines(context, file);
  const counts = await inTransaction(context.postgres, async (on) => {
    await lockIntake(
      on,
      lines.map(({ letter }) => lockOf(letter.flow, letter.messageId)),
    );
    let imported = 0;
    for (const [flow, own] of Map.groupBy(lines, ({ letter }) => letter.flow))
      imported += await importFlow(on, flow, own);
    const result = { imported, known: lines.length - imported };
    await recordAct(on, {
      at: context.now(),
      actor,
      action: 'dead_letters.import',
      target: 'dead_letters',
      detail: result,
      requestId,
    });
    return result;
  });
  context.events.publish('dead-letters.changed', {});
  return counts;
}

/** Every line, checked. Lines count from 1, as editors count them. */
function readLines(context: Context, file: string): Line[] {
  const { catalog } = context.catalog.current();
  const texts = file.split('\n').map((text, at) => ({ text, number: at + 1 }));
  const filled = texts.filter(({ text }) => text.trim() !== '');
  if (filled.length === 0 || filled.length > linesMax)
    throw new Problem(
      'bad_request',
      `Send 1 to ${linesMax} lines at once; these are ${filled.length}. Nothing was imported.`,
    );
  const errors: LineError[] = [];
  const lines: Line[] = [];
  const ids = new Map<string, number>();
  for (const { text, number } of filled) {
    const line = readLine(catalog, text, context.now());
    const before = 'letter' in line ? ids.get(line.letter.id) : undefined;
    if (!('letter' in line)) errors.push({ path: `line ${number}`, message: line.wrong });
    else if (before !== undefined)
      errors.push({ path: `line ${number}`, message: `repeats the id of line ${before}` });
    else {
      ids.set(line.letter.id, number);
      lines.push(line);
    }
  }
  if (errors.length === 0) return lines;
  const [first] = errors;
  throw new Problem(
    'bad_request',
    `${errors.length} of ${filled.length} lines cannot be read, first ${first?.path}: ${first?.message}. Nothing was imported.`,
    { errors: errors.slice(0, errorsMax) },
  );
}

function readLine(catalog: Catalog, text: string, now: Date): Line | { readonly wrong: string } {
  const json = parse(text);
  if (json === undefined) return { wrong: 'is not JSON' };
  const parsed = TransferLetter.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { wrong: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}` };
  }
  const flow = catalog.flows.find(({ name }) => name === parsed.data.flow);
  if (!flow) return { wrong: `flow: the catalog declares no flow "${parsed.data.flow}"` };
  const arrival = arrivalOf(parsed.data);
  // Another installation may hide less: what is said here of a letter is hidden as here.
  const secrets = secretsOf(arrival, rulesOf(catalog, flow));
  const attempts = parsed.data.attempts.map((attempt) => hideInDeath(attempt, secrets));
  const letter = { ...hideInLetter(parsed.data, secrets), attempts };
  const read = readLetter(catalog, flow, arrival, now);
  const identity = `${letter.messageId} ${read.payloadHash.toString('hex')}`;
  return { letter, item: { arrival, letter: { ...read, messageId: letter.messageId }, at: 0, identity } };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function arrivalOf(letter: TransferLetter): Arrival {
  const bytesOf = (text: string | null) => (text === null ? null : Buffer.from(text, 'base64'));
  return {
    arrivalId: letter.id,
    messageId: letter.messageId,
    body: bytesOf(letter.body),
    headers: letter.headers.map(([name, value]) => [
      Buffer.from(name, 'base64').toString('utf8'),
      Buffer.from(value, 'base64'),
    ]),
    key: bytesOf(letter.key),
    partition: letter.partition,
    contentType: letter.contentType,
    originalDestination: letter.destination,
    failedAt: new Date(letter.failedAt),
    reason: null,
    deliveries: null,
  };
}

/** Lines of one flow; answers how many letters are new. */
async function importFlow(on: Executor, flow: string, lines: readonly Line[]): Promise<number> {
  const arrived = await findArrived(on, lines);
  const made = new Set(
    await insertLetters(
      on,
      lines.filter(({ letter }) => !arrived.has(letter.id)),
    ),
  );
  const own = lines.filter(({ letter }) => made.has(letter.id));
  await insertPayloads(
    on,
    own.map(({ item }) => item),
    new Map(own.map(({ letter, item }) => [item.identity, letter.id])),
  );
  const there = await findLetters(
    on,
    flow,
    lines.filter(({ letter }) => !made.has(letter.id)).map(({ item }) => item),
  );
  const idOf = ({ letter, item }: Line) =>
    made.has(letter.id) ? letter.id : (arrived.get(letter.id) ?? there.get(item.identity) ?? letter.id);
  await insertAttempts(on, lines, idOf);
  return made.size;
}

/** Lines an arrival of which was stored before: id of the line → letter that has it. */
async function findArrived(on: Executor, lines: readonly Line[]): Promise<Map<string, string>> {
  const arrivals = lines.flatMap(({ letter }) =>
    letter.attempts.map(({ source, arrivalId }) => ({ line: letter.id, source, arrivalId })),
  );
  const rows = await query(on, {
    name: 'dead_letters.import_arrived',
    sql: `
      SELECT DISTINCT ON (t.line) t.line, a.dead_letter_id AS id
      FROM unnest($1::text[], $2::text[], $3::text[]) AS t (line, source, arrival_id)
      JOIN dead_letter_attempts a ON a.source = t.source AND a.arrival_id = t.arrival_id
      ORDER BY t.line LIMIT ${linesMax}`,
    params: [
      arrivals.map(({ line }) => line),
      arrivals.map(({ source }) => source),
      arrivals.map(({ arrivalId }) => arrivalId),
    ],
    schema: z.object({ line: z.string(), id: z.string() }),
  });
  return new Map(rows.map(({ line, id }) => [line, id]));
}

async function insertLetters(on: Executor, lines: readonly Line[]): Promise<string[]> {
  if (lines.length === 0) return [];
  const rows = await query(on, {
    name: 'dead_letters.import',
    sql: `
      INSERT INTO dead_letters (id, flow, message_id, state, cause, error_type, error_message, failed_at, arrived_at, payload_hash,
        body_bytes, keys, version, value, currency, trace_id, span_id, generation, tags, settled_at, settled_why, held_back)
      SELECT id, flow, "messageId", state, cause, "errorType", "errorMessage", "failedAt", "arrivedAt", decode(hash, 'hex'),
        bytes, keys, version, amount, currency, "traceId", "spanId", generation, tags, "settledAt", "settledWhy", "heldBack"
      FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS (id uuid, flow text, "messageId" text, state text, cause text, "errorType" text,
        "errorMessage" text, "failedAt" timestamptz, "arrivedAt" timestamptz, hash text, bytes integer, keys text[], version bigint,
        amount numeric, currency text, "traceId" text, "spanId" text, generation integer, tags text[], "settledAt" timestamptz,
        "settledWhy" text, "heldBack" boolean)) WITH ORDINALITY
      ORDER BY ordinality
      ON CONFLICT DO NOTHING
      RETURNING id`,
    params: [
      JSON.stringify(
        lines.map(({ letter: { body: _body, headers: _headers, attempts: _attempts, ...letter }, item }) => ({
          ...letter,
          hash: item.letter.payloadHash.toString('hex'),
          bytes: item.arrival.body?.length ?? 0,
          amount: letter.value?.amount ?? null,
          currency: letter.value?.currency ?? null,
        })),
      ),
    ],
    schema: z.object({ id: z.string() }),
  });
  return rows.map(({ id }) => id);
}

/** Deaths that are not known yet. */
async function insertAttempts(
  on: Executor,
  lines: readonly Line[],
  idOf: (line: Line) => string,
): Promise<void> {
  await execute(
    on,
    `INSERT INTO dead_letter_attempts (dead_letter_id, source, arrival_id, generation, at, error_type, error_message, stack,
       reason, deliveries, trace_id, span_id)
     SELECT d.id, t.source, t."arrivalId", t.generation, t.at, t."errorType", t."errorMessage", t.stack, t.reason, t.deliveries,
       t."traceId", t."spanId"
     FROM jsonb_to_recordset($1::jsonb) AS t (id uuid, source text, "arrivalId" text, generation integer, at timestamptz, "errorType" text,
       "errorMessage" text, stack text, reason text, deliveries integer, "traceId" text, "spanId" text)
     JOIN dead_letters d ON d.id = t.id
     ON CONFLICT DO NOTHING`,
    [
      JSON.stringify(
        lines.flatMap((line) => line.letter.attempts.map((attempt) => ({ ...attempt, id: idOf(line) }))),
      ),
    ],
  );
}
