import { z } from 'zod';
import { flowSpec } from '../business/flows.ts';
import type { Failure, Message, Step } from '../business/types.ts';
import { attemptPlace } from '../telemetry/message-spans.ts';
import { bodyOf, headersOf, type WireHeaders } from './wire.ts';

type Attempted = Extract<Step, { kind: 'attempted' }>;

/** The step with which a message died. */
export interface Death extends Attempted {
  readonly failure: Failure;
}

/** A dead letter as `POST /api/v1/dead-letters` takes it. */
export const Letter = z.object({
  flow: z.string(),
  messageId: z.string(),
  body: z.string(),
  headers: z.array(z.tuple([z.string(), z.string()])),
  failedAt: z.string(),
  errorType: z.string(),
  errorMessage: z.string(),
  stack: z.string(),
  traceId: z.string(),
  spanId: z.string(),
  keys: z.array(z.string()),
});
export type Letter = z.infer<typeof Letter>;

/** True of the attempt after which nobody tries again. */
export function isDeath(step: Step): step is Death {
  return step.kind === 'attempted' && step.outcome === 'dead_lettered' && step.failure !== undefined;
}

/** The letter of a death: what was sent, byte for byte, and why it was given up. */
export function letterOf(step: Death): Letter {
  const { message, failure } = step;
  const { traceId, spanId } = attemptPlace(step);
  return {
    flow: message.flow,
    messageId: message.id,
    body: bodyOf(message),
    headers: Object.entries(headersOf(message, step.attempt, step.sentAtMs, sendSpanOf(step))),
    failedAt: new Date(step.atMs + step.durationMs).toISOString(),
    errorType: failure.type,
    errorMessage: failure.message,
    stack: failure.stack,
    traceId,
    spanId,
    keys: [...message.keys],
  };
}

/** The headers that a consumer adds when it puts a message into a dead-letter queue. */
export function headersOfDeath({ failure, atMs, durationMs }: Death): WireHeaders {
  return {
    'error-type': failure.type,
    'error-message': failure.message,
    'error-stack': failure.stack,
    'x-died-at': String(Math.round(atMs + durationMs)),
  };
}

/** True when no queue holds the message: its sender alone knows that it died. */
export function diedOverHttp({ message, via }: Death): boolean {
  return via === 'http-inbox' || (via === undefined && flowSpec(message.flow).transport.kind === 'http');
}

function sendSpanOf(step: Death): string {
  return diedOverHttp(step) ? clientSpanName(step.message, step.attempt) : `${step.message.id} send`;
}

/** Names the span in which a caller over HTTP makes one attempt. */
export function clientSpanName(message: Message, attempt: number): string {
  return `${message.id} client ${attempt}`;
}
