import { z } from 'zod';
import type { Message, Place } from '../business/types.ts';
import { idempotencyKey } from './idempotency.ts';
import { traceparentOf } from './trace-header.ts';

/** Headers of a message as it travels, whatever the transport; names in lower case. */
export type WireHeaders = Record<string, string>;

/** What arrived: the message, which try this is for its sender, and when it was first sent. */
export interface Delivery {
  readonly message: Message;
  readonly attempt: number;
  readonly sentAtMs: number;
  /** The span that sent it, as its trace context says. */
  readonly origin?: Place;
}

const Keys = z.array(z.string().max(200)).max(20);
/** The business document alone travels as the body, so that whoever repairs it sees nothing else. */
const Body = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const Count = z.coerce.number().int().min(1).max(1_000_000);
const Instant = z.coerce.number().min(0).max(8.64e15);

/** The body of a message on the wire. */
export function bodyOf(message: Message): string {
  return JSON.stringify(message.body);
}

/** All that travels beside the body. `span` names the span that sends it. */
export function headersOf(message: Message, attempt: number, sentAtMs: number, span: string): WireHeaders {
  return {
    'content-type': 'application/json',
    'message-id': message.id,
    'idempotency-key': idempotencyKey(message),
    traceparent: traceparentOf(message, span),
    'x-flow': message.flow,
    'x-message': message.original ?? message.id,
    'x-transaction': message.transaction,
    'x-trace': message.trace,
    'x-keys': JSON.stringify(message.keys),
    'x-attempt': String(attempt),
    'x-sent-at': String(Math.floor(sentAtMs)),
    ...(message.cause && { 'x-cause': message.cause.id, 'x-cause-trace': message.cause.trace }),
  };
}

/**
 * Reads what arrived for a flow; undefined when it is no message of ours. An id that is not the one it was first
 * sent with is that of an edited copy.
 */
export function readDelivery(
  flow: string,
  body: string,
  headers: Readonly<WireHeaders>,
  nowMs: number,
): Delivery | undefined {
  const parsed = Body.safeParse(parseJson(body));
  const id = headers['message-id'] ?? headers['idempotency-key'];
  if (!parsed.success || !id || id.length > 300) return undefined;
  if (headers['x-flow'] !== undefined && headers['x-flow'] !== flow) return undefined;
  const original = headers['x-message'];
  const cause = headers['x-cause'];
  const origin = placeIn(headers['traceparent']);
  return {
    attempt: Count.catch(1).parse(headers['x-attempt']),
    sentAtMs: Instant.catch(nowMs).parse(headers['x-sent-at'] ?? nowMs),
    ...(origin && { origin }),
    message: {
      id,
      flow,
      transaction: headers['x-transaction'] ?? id,
      trace: headers['x-trace'] ?? id,
      keys: Keys.catch([]).parse(parseJson(headers['x-keys'] ?? '')),
      body: parsed.data,
      ...(cause && { cause: { id: cause, trace: headers['x-cause-trace'] ?? cause } }),
      ...(original && original !== id && { original }),
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function placeIn(traceparent: string | undefined): Place | undefined {
  const [, traceId, spanId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(traceparent ?? '') ?? [];
  return traceId && spanId ? { traceId, spanId } : undefined;
}
