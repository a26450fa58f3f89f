import { createHash } from 'node:crypto';
import { countWaiting, readPromises, readWaiting } from './nats/look.ts';
import { publishBatch } from './nats/send.ts';
import { openSessions } from './nats/session.ts';
import { tailStream } from './nats/tail.ts';
import type { OpenTransport } from './port.ts';

const defaultInFlightMax = 1000;
const defaultAnswerWithinMs = 15_000;

/**
 * NATS JetStream 2.9 and later. A destination is a stream, a subject that one keeps, or a subject of
 * `$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES` advisories, whose originals are then fetched.
 */
export const openNats: OpenTransport = (url, options) => {
  const sessions = openSessions(url, options.application);
  const limits = {
    inFlightMax: options.inFlightMax ?? defaultInFlightMax,
    answerWithinMs: options.answerWithinMs ?? defaultAnswerWithinMs,
  };
  const durableOf = (destination: string) =>
    `${options.application.replaceAll(/[^\w-]/g, '-')}-${createHash('sha256').update(destination).digest('hex').slice(0, 12)}`;
  return {
    tail: (destination, tailOptions) =>
      tailStream(sessions.get, durableOf(destination), destination, tailOptions),
    browse: async (destination, limit, signal) =>
      readWaiting(await sessions.get(), durableOf(destination), destination, limit, signal),
    send: (destination, batch, signal) => publishBatch(sessions.get, destination, batch, signal, limits),
    promises: async (destination) => readPromises(await sessions.get(), destination),
    depth: async (destination) => countWaiting(await sessions.get(), durableOf(destination), destination),
    close: () => sessions.close(),
  };
};
