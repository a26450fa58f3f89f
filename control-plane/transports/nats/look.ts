import type { JetStreamManager } from '@nats-io/jetstream';
import type { Arrival, Promises } from '../port.ts';
import { readDeadLetter } from './dead-letter.ts';
import type { NatsSession } from './session.ts';
import { findStream, noStream, type Kept } from './stream.ts';

/** What waits: not yet delivered to our consumer, or delivered and not acknowledged; without one all that is kept. */
export async function countWaiting(
  { manager }: NatsSession,
  durable: string,
  destination: string,
): Promise<number> {
  const { stream, subject } = await keptOrSentence(manager, destination);
  const consumer = await manager.consumers.info(stream.config.name, durable).catch(() => undefined);
  if (consumer) return consumer.num_pending + consumer.num_ack_pending;
  if (subject === null) return stream.state.messages;
  const counted = await manager.streams.info(stream.config.name, { subjects_filter: subject });
  return Object.values(counted.state.subjects ?? {}).reduce((sum, n) => sum + n, 0);
}

/** Reads by position behind what our consumer has acknowledged; no consumer is made, nothing is acknowledged. */
export async function readWaiting(
  { manager }: NatsSession,
  durable: string,
  destination: string,
  limit: number,
  signal: AbortSignal,
): Promise<Arrival[]> {
  const { stream, subject } = await keptOrSentence(manager, destination);
  const { name } = stream.config;
  const consumer = await manager.consumers.info(name, durable).catch(() => undefined);
  const arrivals: Arrival[] = [];
  let seq = Math.max(stream.state.first_seq, (consumer?.ack_floor.stream_seq ?? 0) + 1);
  while (arrivals.length < limit && seq <= stream.state.last_seq && !signal.aborted) {
    // The server takes a subject here too and skips to it; the client's type does not say so.
    const request = { seq, next_by_subj: subject ?? '>' };
    const found = await manager.streams.getMessage(name, request).catch(orNone);
    if (!found) break;
    const { data, header: headers, time } = found;
    const stored = { stream: name, seq: found.seq, subject: found.subject, data, headers, time };
    arrivals.push(await readDeadLetter(manager, stored));
    seq = found.seq + 1;
  }
  return arrivals;
}

/** Durable: several servers have it before the answer. One server writes to its disk only every two minutes. */
export async function readPromises({ manager }: NatsSession, destination: string): Promise<Promises> {
  const { config } = (await keptOrSentence(manager, destination)).stream;
  const copies = config.num_replicas;
  const inMemory = String(config.storage) === 'memory';
  const durable = copies >= 3 ? 'yes' : 'no';
  const windowMs = Math.round(config.duplicate_window / 1_000_000);
  const crash = inMemory
    ? 'kept in memory only: a restart of its server loses everything'
    : 'its server syncs to disk every 2 minutes unless sync_interval says otherwise, which clients are not told: a power cut can lose what was accepted';
  return {
    durable,
    unroutableNoticed: true,
    deduplicates: windowMs > 0 ? { forMs: windowMs } : null,
    keepsOrder: true,
    note: `Stream ${config.name}, ${config.storage} storage, ${copies === 1 ? '1 copy' : `${copies} copies`}; forgets message ids after ${windowMs / 1000} s${durable === 'yes' ? '' : `; ${crash}`}.`,
  };
}

async function keptOrSentence(manager: JetStreamManager, destination: string): Promise<Kept> {
  const kept = await findStream(manager, destination);
  if (!kept) throw new Error(noStream(destination));
  return kept;
}

function orNone(error: unknown): null {
  if (error instanceof Error && /no message found/i.test(error.message)) return null;
  throw error;
}
