import { processTrace } from './flows.ts';
import type { Cause, Effect, Fields, Message, SystemName } from './types.ts';

/** The message in whose handling something happens; undefined for a scheduled job or a person. */
export type Handled = Message | undefined;

/** A statement of a business event; the first key is the one it is about. */
export function fact(
  afterMs: number,
  cause: Handled,
  system: SystemName,
  name: string,
  keys: readonly string[],
  fields: Fields = {},
): Effect {
  return { kind: 'fact', afterMs, fact: { name, system, keys, fields, ...causeOf(afterMs, cause) } };
}

/** What a system believes from then on; the first key is the record's. */
export function record(
  afterMs: number,
  cause: Handled,
  system: SystemName,
  keys: readonly [string, ...string[]],
  fields: Fields,
): Effect {
  const split = keys[0].indexOf(':');
  const [entity, id] = [keys[0].slice(0, split), keys[0].slice(split + 1)];
  return {
    kind: 'record',
    afterMs,
    record: { system, entity, id, keys, fields, ...causeOf(afterMs, cause) },
  };
}

/** A message on a flow. Its id is made of flow and subject, so that it is the same in every run. */
export function send(
  afterMs: number,
  cause: Handled,
  flow: string,
  subject: string,
  keys: readonly string[],
  body: Fields,
): Effect {
  const id = `${flow}.${subject}`;
  const origin = causeOf(afterMs, cause);
  const trace = origin.cause?.trace ?? id;
  return { kind: 'send', afterMs, message: { id, flow, transaction: subject, trace, keys, body, ...origin } };
}

/** What happens much later is the work of another job, and so of another trace. */
const sameTraceMs = 5_000;

function causeOf(afterMs: number, cause: Handled): { cause?: Cause } {
  return cause && afterMs <= sameTraceMs ? { cause: { id: cause.id, trace: processTrace(cause) } } : {};
}
