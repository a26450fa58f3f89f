import type { Outgoing, SendResult } from '../port.ts';
import { within } from '../within.ts';
import { targetOf, type Address } from './address.ts';
import { fieldsOf } from './entry.ts';
import { isFinal, noStream, refusalOf } from './failure.ts';
import { wordsOf, type Session } from './session.ts';

interface Limits {
  readonly inFlightMax: number;
  readonly answerWithinMs: number;
}

/** Appends a batch over one connection, which keeps its order; at most `inFlightMax` are unanswered. */
export async function appendBatch(
  open: () => Promise<Session>,
  destination: string,
  batch: readonly Outgoing[],
  signal: AbortSignal,
  limits: Limits,
): Promise<SendResult[]> {
  const all = (reason: string, retryable: boolean) => batch.map(() => refused(reason, retryable));
  let address: Address;
  try {
    address = targetOf(destination);
  } catch (error) {
    return all(wordsOf(error), false);
  }
  let session: Session;
  try {
    session = await open();
  } catch (error) {
    return all(wordsOf(error), !isFinal(error));
  }
  const results: SendResult[] = [];
  for (let from = 0; from < batch.length; from += limits.inFlightMax) {
    const part = batch.slice(from, from + limits.inFlightMax);
    const sends = part.map((outgoing) => append(session, address, outgoing, signal, limits.answerWithinMs));
    results.push(...(await Promise.all(sends)));
  }
  return results;
}

async function append(
  session: Session,
  { stream, bodyField }: Address,
  outgoing: Outgoing,
  signal: AbortSignal,
  answerWithinMs: number,
): Promise<SendResult> {
  if (signal.aborted) return refused('The replay was stopped first.', true);
  if (!session.isOpen()) return refused('Redis was lost before this was sent.', true);
  if (outgoing.body === null)
    return refused('Redis has no message without a body; a Kafka tombstone cannot be sent there.', false);
  try {
    // A stream that is not there would be made, and a mistyped name would go unnoticed.
    const command = ['XADD', stream, 'NOMKSTREAM', '*', ...fieldsOf(outgoing, outgoing.body, bodyField)];
    const late = `No answer from Redis within ${answerWithinMs} ms.`;
    const id = await within(answerWithinMs, session.ask(command), late);
    if (id === null) return refused(noStream(stream), false);
    return { kind: 'accepted', position: `${stream}/${String(id)}` };
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal) return refused(refusal.reason, refusal.retryable);
    // Who waits on a connection that is stuck waits for ever; the next send opens another.
    session.end();
    return { kind: 'unknown', reason: wordsOf(error) };
  }
}

function refused(reason: string, retryable: boolean): SendResult {
  return { kind: 'refused', reason, retryable };
}
