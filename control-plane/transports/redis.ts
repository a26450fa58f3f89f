import type { OpenTransport } from './port.ts';
import { countWaiting, readPromises, readWaiting } from './redis/look.ts';
import { appendBatch } from './redis/send.ts';
import { shareSession } from './redis/session.ts';
import { tailStream } from './redis/tail.ts';

const inFlightDefault = 1000;
const answerWithinMsDefault = 15_000;

/**
 * Redis Streams 6.2 and later, one server. A destination is a stream, or `stream?group=name&deliveries=5`: the entries
 * that this group was given at least so often and never acknowledged.
 */
export const openRedis: OpenTransport = (url, { application, now, inFlightMax, answerWithinMs }) => {
  const shared = shareSession(url, `${application} asks`);
  const limits = {
    inFlightMax: inFlightMax ?? inFlightDefault,
    answerWithinMs: answerWithinMs ?? answerWithinMsDefault,
  };
  return {
    tail: (destination, options) => tailStream({ url, reader: application, now }, destination, options),
    browse: async (destination, limit) =>
      readWaiting(await shared.get(), application, destination, limit, now),
    send: (destination, batch, signal) => appendBatch(shared.get, destination, batch, signal, limits),
    promises: async (destination) => readPromises(await shared.get(), destination),
    depth: async (destination) => countWaiting(await shared.get(), application, destination),
    close() {
      shared.close();
      return Promise.resolve();
    },
  };
};
