import { JetStreamApiError } from '@nats-io/jetstream';
import { headers as createHeaders, InvalidArgumentError, NoRespondersError } from '@nats-io/transport-node';
import { withIdentity } from '../headers.ts';
import type { Outgoing, SendResult } from '../port.ts';
import { within } from '../within.ts';
import { noStream } from './stream.ts';
import type { NatsSession } from './session.ts';

/** Errors of JetStream that no second send of the same message can avoid. */
const finalCodes = new Set([10054, 10109, 10060]);

/** Publishes a batch, at most `inFlightMax` unanswered; one connection keeps their order. */
export async function publishBatch(
  open: () => Promise<NatsSession>,
  subject: string,
  batch: readonly Outgoing[],
  signal: AbortSignal,
  limits: { readonly inFlightMax: number; readonly answerWithinMs: number },
): Promise<SendResult[]> {
  let session: NatsSession;
  try {
    session = await open();
  } catch (error) {
    const reason = `NATS cannot be reached: ${error instanceof Error ? error.message : String(error)}`;
    return batch.map(() => ({ kind: 'refused', reason, retryable: true }));
  }
  const results: SendResult[] = [];
  for (let from = 0; from < batch.length; from += limits.inFlightMax) {
    const sends = batch
      .slice(from, from + limits.inFlightMax)
      .map((outgoing) => publish(session, subject, outgoing, signal, limits.answerWithinMs));
    results.push(...(await Promise.all(sends)));
  }
  return results;
}

async function publish(
  { client, connection }: NatsSession,
  subject: string,
  outgoing: Outgoing,
  signal: AbortSignal,
  answerWithinMs: number,
): Promise<SendResult> {
  const refused = (reason: string, retryable: boolean): SendResult => ({
    kind: 'refused',
    reason,
    retryable,
  });
  if (signal.aborted) return refused('The replay was stopped first.', true);
  if (connection.isClosed()) return refused('NATS was lost before this was sent.', true);
  if (outgoing.body === null)
    return refused('NATS has no message without a body; a Kafka tombstone cannot be sent there.', false);
  const wrong = unfit(outgoing, connection.info?.max_payload ?? 1024 * 1024);
  if (wrong) return refused(wrong, false);
  const headers = createHeaders();
  for (const [name, value] of withIdentity(outgoing))
    if (name !== 'Nats-Msg-Id') headers.append(name, value.toString());
  try {
    const options = { headers, msgID: outgoing.deduplicationId, timeout: answerWithinMs };
    const late = `No answer from NATS within ${answerWithinMs} ms.`;
    const answer = client.publish(subject, outgoing.body, options);
    const { stream, seq } = await within(answerWithinMs + 100, answer, late);
    return { kind: 'accepted', position: `${stream}/${seq}` };
  } catch (error) {
    if (isNobodyThere(error)) return refused(noStream(subject), false);
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof JetStreamApiError) return refused(reason, !finalCodes.has(error.code));
    if (error instanceof InvalidArgumentError) return refused(reason, false);
    return { kind: 'unknown', reason };
  }
}

/** The client wraps it in an error of its own. */
function isNobodyThere(error: unknown): boolean {
  if (error instanceof NoRespondersError) return true;
  return error instanceof Error && error.cause !== undefined && isNobodyThere(error.cause);
}

/** Headers of NATS are lines of text without space around them: others would arrive changed. */
function unfit(outgoing: Outgoing, payloadBytesMax: number): string | undefined {
  let bytes = (outgoing.body?.length ?? 0) + 200;
  for (const [name, value] of outgoing.headers) {
    const text = value.toString();
    if (!Buffer.from(text).equals(value) || /[\r\n]|^\s|\s$/.test(text) || !/^[!-9;-~]+$/.test(name))
      return `The header ${name} cannot travel over NATS unchanged: its value is no single line of trimmed text.`;
    bytes += name.length + value.length + 4;
  }
  if (bytes <= payloadBytesMax) return undefined;
  return `The message has about ${bytes} bytes, and NATS takes ${payloadBytesMax} (max_payload).`;
}
