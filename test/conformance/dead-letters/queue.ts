import { setTimeout as sleep } from 'node:timers/promises';
import type { Arrival, Transport } from '@plumbline/control-plane/transports/port.ts';
import { createMemoryTransport } from '../replays/memory.ts';

type Step = <Result>(work: () => Promise<Result>) => Promise<Result>;

/**
 * A dead-letter queue as brokers keep them: what was handed out and is not acknowledged comes again, and is then no first
 * delivery. `nextBatch` decides how many go out together.
 */
export function createQueue(arrivals: readonly Arrival[], batchMax = 3) {
  const waiting = arrivals.map((arrival) => ({ arrival, isFirst: true }));
  const acknowledged: string[] = [];
  let out = 0;
  return {
    acknowledged,
    isEmpty: () => waiting.length === 0 && out === 0,
    /** The queue as one process reads it; its acknowledgements pass `step`. */
    reader: (step: Step): Transport => ({
      ...createMemoryTransport().transport,
      tail: async (_destination, { store, stop, onState }) => {
        onState?.('connected', 'Reads the queue.');
        while (!stop.aborted) {
          const batch = waiting.splice(0, batchMax);
          out += batch.length;
          try {
            if (batch.length === 0) continue;
            await store(
              batch.map(({ arrival, isFirst }) => ({
                ...arrival,
                ...(arrival.isFirstDelivery && { isFirstDelivery: isFirst }),
              })),
            );
            await step(() => {
              acknowledged.push(...batch.map(({ arrival }) => arrival.arrivalId));
              out -= batch.length;
              batch.splice(0);
              return Promise.resolve();
            });
          } catch {
            // The connection is gone: whatever it held goes back to the front.
            out -= batch.length;
            waiting.unshift(...batch.map(({ arrival }) => ({ arrival, isFirst: false })));
          } finally {
            await sleep(1);
          }
        }
      },
    }),
  };
}
