import type { JetStreamManager } from '@nats-io/jetstream';
import type { MsgHdrs } from '@nats-io/transport-node';
import { z } from 'zod';
import { firstHeader, lastHeader } from '../headers.ts';
import type { Arrival, Header } from '../port.ts';

/** A message as a stream keeps it. */
export interface Stored {
  readonly stream: string;
  readonly seq: number;
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers: MsgHdrs | undefined;
  readonly time: Date;
}

/** What the server says when a consumer has used up the deliveries of a message. */
const Advisory = z.object({
  stream: z.string(),
  stream_seq: z.int(),
  consumer: z.string(),
  deliveries: z.int(),
  timestamp: z.iso.datetime({ offset: true }).optional(),
});

const advisorySubject = '$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.';

/** One arrival; for an advisory the message that it speaks of, under the position of the advisory. */
export async function readDeadLetter(manager: JetStreamManager, stored: Stored): Promise<Arrival> {
  if (!stored.subject.startsWith(advisorySubject)) return toArrival(stored);
  const advisory = Advisory.safeParse(parseJson(stored.data));
  if (!advisory.success) return toArrival(stored);
  const { stream, stream_seq: seq, consumer, deliveries, timestamp } = advisory.data;
  const original = await manager.streams.getMessage(stream, { seq }).catch(orGone);
  const death = {
    arrivalId: `${stored.stream}/${stored.seq}`,
    failedAt: timestamp ? new Date(timestamp) : stored.time,
    deliveries,
  };
  if (!original) {
    const reason = `max_deliveries: ${consumer} gave up on message ${seq} of ${stream}, which the stream no longer keeps`;
    return { ...toArrival(stored), ...death, body: null, headers: [], messageId: null, reason };
  }
  const { subject, data, header: headers, time } = original;
  return {
    ...toArrival({ stream, seq, subject, data, headers, time }),
    ...death,
    originalDestination: subject,
    reason: `max_deliveries: ${consumer} gave up after ${deliveries} deliveries`,
  };
}

function toArrival(stored: Stored): Arrival {
  const headers = readHeaders(stored.headers);
  const text = (value: Buffer | undefined) => value?.toString() ?? null;
  const deliveries = Number(
    lastHeader(headers, ['x-delivery-count', 'num-delivered'])?.toString() ?? Number.NaN,
  );
  return {
    arrivalId: `${stored.stream}/${stored.seq}`,
    body: Buffer.from(stored.data),
    headers,
    key: null,
    partition: null,
    contentType: text(firstHeader(headers, ['content-type'])),
    // A replay's Nats-Msg-Id names the send; the id of the message itself then stands in message-id.
    messageId: text(firstHeader(headers, ['message-id', 'Nats-Msg-Id'])),
    originalDestination: text(
      firstHeader(headers, ['x-original-subject', 'original-subject', 'Nats-Subject']),
    ),
    failedAt: stored.time,
    reason: text(lastHeader(headers, ['dead-letter-reason', 'x-exception-message', 'error-message'])),
    deliveries: Number.isSafeInteger(deliveries) ? deliveries : null,
  };
}

function readHeaders(headers: MsgHdrs | undefined): Header[] {
  if (!headers) return [];
  return headers
    .keys()
    .flatMap((name) => headers.values(name).map((value): Header => [name, Buffer.from(value)]));
}

function parseJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(data).toString());
  } catch {
    return undefined;
  }
}

function orGone(error: unknown): null {
  if (error instanceof Error && /no message found|stream not found/i.test(error.message)) return null;
  throw error;
}
