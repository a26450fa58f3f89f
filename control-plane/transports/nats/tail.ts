import { AckPolicy, DeliverPolicy, type Consumer, type JsMsg } from '@nats-io/jetstream';
import { inBatches } from '../in-batches.ts';
import { backoffMs, pause } from '../pause.ts';
import type { TailOptions } from '../port.ts';
import { unlessStopped } from '../unless-stopped.ts';
import { readDeadLetter } from './dead-letter.ts';
import type { NatsSession } from './session.ts';
import { findStream, noStream } from './stream.ts';

/** After a crash the server waits so long before it delivers again what was under way. */
const ackWithinMs = 5000;
/** Meanwhile it is told of every batch that is still being stored. */
const workingEveryMs = 1500;

/** It can never work until somebody acts. */
class Hopeless extends Error {}

/** Tails a stream, one of its subjects, or advisories through a durable consumer; acknowledges after `store`. */
export async function tailStream(
  open: () => Promise<NatsSession>,
  durable: string,
  destination: string,
  options: TailOptions,
): Promise<void> {
  let failures = 0;
  while (!options.stop.aborted) {
    try {
      const session = await unlessStopped(open(), options.stop);
      if (!session) return;
      const consumer = await bind(session, durable, destination);
      failures = 0;
      options.onState?.('connected', `Reading ${destination} as the consumer ${durable}.`);
      // A lost connection ends the membership at once, whatever the client was waiting for.
      await Promise.race([consume(session, consumer, options), lossOf(session)]);
    } catch (error) {
      if (options.stop.aborted) return;
      if (error instanceof Hopeless) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      if (failures === 0) options.onState?.('disconnected', `NATS was lost: ${reason}.`);
      await pause(backoffMs(failures), options.stop);
      failures += 1;
    }
  }
}

async function bind(session: NatsSession, durable: string, destination: string): Promise<Consumer> {
  const kept = await findStream(session.manager, destination);
  if (!kept) throw new Hopeless(noStream(destination));
  const stream = kept.stream.config.name;
  try {
    await session.manager.consumers.add(stream, {
      durable_name: durable,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      ack_wait: ackWithinMs * 1_000_000,
      max_deliver: -1,
      ...(kept.subject === null ? {} : { filter_subject: kept.subject }),
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (/permission|authorization|workqueue|already exists/i.test(reason))
      throw new Hopeless(`NATS refuses the consumer ${durable} on ${stream}: ${reason}.`, { cause: error });
    throw error;
  }
  return session.client.consumers.get(stream, durable);
}

async function consume(session: NatsSession, consumer: Consumer, options: TailOptions): Promise<void> {
  const messages = await consumer.consume({ max_messages: options.batchMax });
  const end = () => messages.stop();
  options.stop.addEventListener('abort', end, { once: true });
  void session.connection.closed().then(end);
  try {
    for await (const batch of inBatches(
      messages[Symbol.asyncIterator](),
      options.batchMax,
      options.lingerMs,
    )) {
      if (!(await storeUntilDone(session, batch, options))) return batch.forEach((message) => message.nak());
      for (const message of batch) message.ack();
      await session.connection.flush();
    }
    if (!options.stop.aborted) throw new Error('the connection was closed');
  } finally {
    options.stop.removeEventListener('abort', end);
    end();
  }
}

async function lossOf(session: NatsSession): Promise<never> {
  const error = await session.connection.closed();
  throw error ?? new Error('the connection was closed');
}

/** False: stopped before it was stored. */
async function storeUntilDone(
  session: NatsSession,
  batch: readonly JsMsg[],
  options: TailOptions,
): Promise<boolean> {
  const working = setInterval(() => batch.forEach((message) => message.working()), workingEveryMs);
  try {
    for (let nth = 0; !options.stop.aborted; nth += 1) {
      const arrivals = await Promise.all(batch.map((message) => read(session, message)));
      try {
        await options.store(arrivals);
        return true;
      } catch {
        await pause(backoffMs(nth), options.stop);
      }
    }
    return false;
  } finally {
    clearInterval(working);
  }
}

function read({ manager }: NatsSession, message: JsMsg) {
  const { subject, data, headers, info } = message;
  const time = new Date(Math.floor(info.timestampNanos / 1_000_000));
  return readDeadLetter(manager, { stream: info.stream, seq: message.seq, subject, data, headers, time });
}
