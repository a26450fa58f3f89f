import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createHoldOff } from './http/hold-off.ts';
import { post, targetOf, type Target } from './http/post.ts';
import { NothingToTail, type OpenTransport, type Outgoing, type SendResult } from './port.ts';

const inFlightDefault = 32;
const answerWithinMsDefault = 15_000;
const probeWithinMs = 2000;

/**
 * Sends by POST to paths below a base URL. Dead letters of such a flow come over the API: there is no queue.
 * A password in the URL is no credential of the other side but the key by which every send is signed.
 */
export const openHttp: OpenTransport = (url, { now, inFlightMax, answerWithinMs }) => {
  const atOnce = inFlightMax ?? inFlightDefault;
  const agent = new (url.startsWith('https:') ? HttpsAgent : HttpAgent)({
    keepAlive: true,
    maxSockets: atOnce,
  });
  const limitMs = answerWithinMs ?? answerWithinMsDefault;
  const holdOff = createHoldOff();

  async function sendOne(target: Target, outgoing: Outgoing, signal: AbortSignal): Promise<SendResult> {
    const seconds = Math.ceil(holdOff.remainingMs() / 1000);
    if (seconds > 0 && !signal.aborted)
      return {
        kind: 'refused',
        reason: `The service asked to be left alone for another ${seconds} s.`,
        retryable: true,
      };
    return post(target, outgoing, { agent, now, limitMs, signal, holdOff });
  }

  return {
    tail: () =>
      Promise.reject(
        new NothingToTail(
          'HTTP has no queue to read: dead letters of this flow come over POST /api/v1/dead-letters.',
        ),
      ),
    async send(destination, batch, signal) {
      const target = targetOf(url, destination);
      if (typeof target === 'string')
        return batch.map(() => ({ kind: 'refused', reason: target, retryable: false }) as const);
      await holdOff.wait(signal);
      const results = new Map<number, SendResult>();
      const placed = batch.map((outgoing, at) => ({ outgoing, at }));
      // Equal keys go one after the other; what has no key is in nobody's way.
      const lanes = [
        ...Map.groupBy(placed, ({ outgoing, at }) => outgoing.key?.toString('hex') ?? at).values(),
      ];
      // No more are begun than there are sockets, so that a stop finds the others still here.
      const worker = async () => {
        for (let lane = lanes.shift(); lane; lane = lanes.shift())
          for (const { outgoing, at } of lane) results.set(at, await sendOne(target, outgoing, signal));
      };
      await Promise.all(Array.from({ length: atOnce }, worker));
      return batch.map((_, at) => results.get(at) ?? { kind: 'unknown', reason: 'No result was recorded.' });
    },
    async promises(destination, signal) {
      const target = targetOf(url, destination);
      if (typeof target === 'string') throw new Error(target);
      await reach(target, signal);
      return {
        durable: 'unknown',
        unroutableNoticed: true,
        deduplicates: null,
        keepsOrder: true,
        note: 'HTTP: an answer of 2xx says that the service took it; what it did with it, only its telemetry tells.',
      };
    },
    depth: () => Promise.resolve(null),
    close() {
      agent.destroy();
      return Promise.resolve();
    },
  };
};

/** Any answer at all will do: what is asked is whether somebody is there. */
async function reach({ origin }: Target, signal: AbortSignal): Promise<void> {
  try {
    const answer = await fetch(origin, {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(probeWithinMs)]),
    });
    await answer.body?.cancel();
  } catch {
    throw new Error(`${origin} does not answer: is the service up, and is the URL of the connection right?`);
  }
}
