import type { Evidence, Outcome } from '@plumbline/control-plane/replays/evidence.ts';
import type { Outgoing, SendResult, Transport } from '@plumbline/control-plane/transports/port.ts';

/** An answer; `vanished`: nothing arrived, though nobody can tell. */
export type Answer = SendResult & { readonly vanished?: boolean };

/** A destination in memory that answers what a test wants and remembers what it took. */
export function createMemoryTransport(
  answer: (message: Outgoing, nth: number) => Answer = () => ({ kind: 'accepted', position: null }),
) {
  const received: { message: Outgoing; destination: string; atMs: number }[] = [];
  let delayMs = 0;
  let answering = answer;
  const transport: Transport = {
    tail: () => Promise.reject(new Error('nothing dies here')),
    async send(destination, batch, signal) {
      const results: SendResult[] = [];
      for (const message of batch) {
        if (delayMs > 0 && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, delayMs));
        if (signal.aborted) {
          results.push({ kind: 'refused', reason: 'stopped', retryable: true });
          continue;
        }
        const result = answering(message, received.length);
        if (result.kind !== 'refused' && !result.vanished)
          received.push({ message, destination, atMs: performance.now() });
        results.push(result);
      }
      return results;
    },
    promises: () =>
      Promise.resolve({
        durable: 'no',
        unroutableNoticed: true,
        deduplicates: null,
        keepsOrder: true,
        note: 'In memory',
      }),
    depth: () => Promise.resolve(null),
    close: () => Promise.resolve(),
  };
  return {
    transport,
    received,
    ids: () => received.map(({ message }) => message.messageId),
    answer: (next: typeof answer) => void (answering = next),
    slow: (ms: number) => void (delayMs = ms),
  };
}

/** Telemetry as a test tells it. */
export function createMemoryEvidence(clock: () => Date) {
  const outcomes: (Outcome & { readonly key: string | null })[] = [];
  const evidence: Evidence = {
    outcomes: (_flow, ids, since) =>
      Promise.resolve(outcomes.filter((one) => ids.includes(one.messageId) && one.at >= since)),
    successes: (_flow, keys, since) =>
      Promise.resolve(
        outcomes.flatMap(({ key, messageId, at, outcome }) =>
          key !== null && keys.includes(key) && at >= since && outcome === 'delivered'
            ? [{ key, messageId, at }]
            : [],
        ),
      ),
    consumers: () => Promise.resolve([]),
  };
  const made = (messageId: string, outcome: string, errorType: string): Outcome => ({
    messageId,
    outcome,
    at: clock(),
    errorType: outcome === 'delivered' ? '' : errorType,
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
  });
  return {
    evidence,
    tell: (messageId: string, outcome: string, key: string | null = null, errorType = 'Timeout') =>
      void outcomes.push({ ...made(messageId, outcome, errorType), key }),
    forget: () => void outcomes.splice(0),
  };
}
