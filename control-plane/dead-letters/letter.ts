import { createHash } from 'node:crypto';
import type { BodyPlace, Catalog, Flow } from '@plumbline/model/catalog/schema.ts';
import { parseBusinessKey, formatBusinessKey } from '@plumbline/model/telemetry/business-key.ts';
import { firstHeader, lastHeader } from '../transports/headers.ts';
import type { Arrival } from '../transports/port.ts';
import { causeOf } from './cause.ts';
import { maskRules, type MaskRules } from './mask.ts';
import { payloadHash } from './payload-hash.ts';
import { parseJson, valueAt } from './pointer.ts';
import { hideQuotes, secretsOf } from './quotes.ts';
import { wordsOf } from './words.ts';

/** Header by which a replay says which dead letter it sends; what dies again carries it back. */
export const letterHeader = 'plumbline-dead-letter';

const generationHeader = 'plumbline-generation';
/** An entry of an index of PostgreSQL holds 2,704 bytes, flow and all. */
const idBytesMax = 2000;
const keysMax = 50;
const fieldMax = 4000;
const stackMax = 32_000;

/** Headers in which the deaths of one message differ. */
const volatileHeaders = [
  'x-death',
  'x-first-death-exchange',
  'x-first-death-queue',
  'x-first-death-reason',
  'x-last-death-exchange',
  'x-last-death-queue',
  'x-last-death-reason',
  'x-delivery-count',
  'x-died-at',
  'x-attempt',
  'x-sent-at',
  'traceparent',
  'tracestate',
  'plumbline-replay',
  letterHeader,
  generationHeader,
];

/** What somebody who hands in a dead letter knows beyond the message itself. */
export interface Testimony {
  readonly errorType?: string;
  readonly errorMessage?: string;
  readonly stack?: string;
  readonly keys?: readonly string[];
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
}

/** A dead letter as it is stored. */
export interface Letter {
  readonly messageId: string;
  readonly cause: string;
  readonly errorType: string;
  readonly errorMessage: string;
  readonly stack: string;
  /** Why the broker says that it died. */
  readonly reason: string | null;
  readonly failedAt: Date;
  readonly payloadHash: Buffer;
  readonly keys: readonly string[];
  readonly version: string | null;
  readonly value: { readonly amount: string; readonly currency: string } | null;
  readonly traceId: string;
  readonly spanId: string;
  /** Id of the letter that this is another death of, when a replay of ours carried it. */
  readonly replayOf: string | null;
  /** Which replay of it this was; null: the message does not say. */
  readonly generation: number | null;
  readonly words: string;
}

/** Reads what the catalog says how to read. Pure. @param arrivedAt when nothing says when it died. */
export function readLetter(
  catalog: Catalog,
  flow: Flow,
  arrival: Arrival,
  arrivedAt: Date,
  said: Testimony = {},
): Letter {
  const { deadLetters } = flow;
  const json = parseJson(arrival.body);
  const rules = rulesOf(catalog, flow);
  const read = (place: BodyPlace | undefined): string => placeText(place, arrival, json);
  const told = {
    type: said.errorType || read(deadLetters.error?.type) || (arrival.reason ?? ''),
    message: said.errorMessage || read(deadLetters.error?.message),
    stack: said.stack || read(deadLetters.error?.stack),
    reason: arrival.reason ?? '',
  };
  // A message of which nothing is said need not be searched.
  const secrets = Object.values(told).some((text) => text !== '') ? secretsOf(arrival, rules) : [];
  const error = {
    type: hideQuotes(told.type, secrets).slice(0, 300),
    message: hideQuotes(told.message, secrets).slice(0, fieldMax),
    stack: hideQuotes(told.stack, secrets).slice(0, stackMax),
  };
  const trace = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-/.exec(headerText(arrival, 'traceparent'));
  const errorHeaders = Object.values(deadLetters.error ?? {}).flatMap((place) =>
    place && 'header' in place ? [place.header.toLowerCase()] : [],
  );
  return {
    messageId: storableId(
      read(deadLetters.messageId) ||
        (arrival.messageId ?? '') ||
        headerText(arrival, 'message-id') ||
        `arrival:${arrival.arrivalId}`,
    ),
    cause: clean(causeOf(error)),
    errorType: clean(error.type),
    errorMessage: clean(error.message),
    stack: clean(error.stack),
    reason: arrival.reason === null ? null : clean(hideQuotes(arrival.reason, secrets)),
    failedAt: failedAtOf(arrival, arrivedAt),
    payloadHash: payloadHash(arrival, new Set([...volatileHeaders, ...errorHeaders])),
    keys: keysOf(flow, read, said.keys ?? []),
    version: /^\d{1,18}$/.exec(read(deadLetters.version))?.[0] ?? null,
    value: worthOf(flow, read),
    traceId: said.traceId ?? trace?.[1] ?? '',
    spanId: said.spanId ?? trace?.[2] ?? '',
    replayOf: /^[0-9a-f-]{36}$/.exec(headerText(arrival, letterHeader))?.[0] ?? null,
    generation: Number(/^\d{1,6}$/.exec(headerText(arrival, generationHeader))?.[0] ?? 0) || null,
    words: clean(wordsOf(arrival, json, rules)),
  };
}

/** What is hidden in messages of a flow: what its own entity hides, and what any other that it may quote hides. */
export function rulesOf(catalog: Catalog, flow: Flow | undefined): MaskRules {
  const own = catalog.entities.find(({ name }) => name === flow?.entity)?.masked ?? [];
  const named = catalog.entities.flatMap(({ masked }) => masked.filter((field) => !field.startsWith('/')));
  return maskRules([...own, ...named]);
}

function placeText(place: BodyPlace | undefined, arrival: Arrival, json: unknown): string {
  if (!place) return '';
  if ('header' in place) return lastHeader(arrival.headers, [place.header])?.toString('utf8') ?? '';
  const value = valueAt(json, place.pointer);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function headerText(arrival: Arrival, name: string): string {
  return firstHeader(arrival.headers, [name])?.toString('utf8').trim() ?? '';
}

function failedAtOf(arrival: Arrival, arrivedAt: Date): Date {
  const said = arrival.failedAt ?? dateOf(headerText(arrival, 'x-died-at'));
  // A broken clock must not make a letter of the future that no later success could ever answer.
  return said && said <= arrivedAt ? said : arrivedAt;
}

function dateOf(text: string): Date | null {
  const at = new Date(/^\d{10,16}$/.test(text) ? Number(text) : text);
  return text === '' || Number.isNaN(at.getTime()) ? null : at;
}

function keysOf(flow: Flow, read: (place: BodyPlace) => string, said: readonly string[]): string[] {
  const declared = flow.deadLetters.keys.flatMap(({ entity, from }) => {
    const key = parseBusinessKey(clean(`${entity}:${read(from)}`));
    return key ? [formatBusinessKey(key)] : [];
  });
  const told = said.flatMap((text) => {
    const key = parseBusinessKey(clean(text));
    return key ? [formatBusinessKey(key)] : [];
  });
  return [...new Set([...declared, ...told])].slice(0, keysMax);
}

function worthOf({ deadLetters }: Flow, read: (place: BodyPlace) => string): Letter['value'] {
  if (!deadLetters.value) return null;
  const amount = read(deadLetters.value.amount).trim();
  if (!/^-?\d{1,20}(\.\d{1,10})?$/.test(amount)) return null;
  const currency = clean(read(deadLetters.value.currency)).slice(0, 10);
  return { amount, currency };
}

/** An id as it can be stored and found by: one that is too long for an index ends in its hash, so it stays its own. */
function storableId(id: string): string {
  const text = clean(id) || 'without-id';
  if (Buffer.byteLength(text) <= idBytesMax) return text;
  const hash = createHash('sha256').update(text).digest('hex');
  return `${text.slice(0, 200).toWellFormed()}…${hash}`;
}

/** PostgreSQL cannot hold NUL in text, nor half a surrogate pair. */
function clean(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}

export function cleanOrNull(text: string | null): string | null {
  return text === null ? null : clean(text);
}

/** A count that a header says, as large as a column holds at most; null for what is no count. */
export function countOrNull(count: number | null): number | null {
  return count === null || !(count >= 0) ? null : Math.min(Math.floor(count), 2_147_483_647);
}
