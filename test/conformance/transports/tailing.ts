import { setTimeout as sleep } from 'node:timers/promises';
import type { Arrival, Outgoing, TailOptions, Transport } from '@plumbline/control-plane/transports/port.ts';

export const never = new AbortController().signal;

/** Nothing more is on its way once nothing has come for so long. */
const quietMs = 300;

/** A message to send; what the test is about stands in `over`. */
export function message(messageId: string, over: Partial<Outgoing> = {}): Outgoing {
  return {
    messageId,
    deduplicationId: `${messageId}/1`,
    body: Buffer.from(`{"id":"${messageId}"}`),
    headers: [],
    key: null,
    partition: null,
    contentType: null,
    ...over,
  };
}

export function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}

export function tailOptions(stop: AbortSignal, store: TailOptions['store']): TailOptions {
  return { batchMax: 100, lingerMs: 50, store, stop };
}

/** Keeps what is stored, and waits for more of it. */
export function collect() {
  const arrivals: Arrival[] = [];
  const ids = () => new Set(arrivals.map(({ messageId }) => messageId));
  const poll = async (enough: () => boolean) => {
    const deadlineMs = Date.now() + 60_000;
    while (!enough()) {
      if (Date.now() > deadlineMs) throw new Error(`Only ${arrivals.length} arrivals within a minute.`);
      await sleep(20);
    }
  };
  return {
    arrivals,
    ids,
    store: async (batch: readonly Arrival[]) => void arrivals.push(...batch),
    until: (length: number) => poll(() => arrivals.length >= length),
    untilIds: (size: number) => poll(() => ids().size >= size),
  };
}

/** Tails until so many have arrived. */
export async function tailFor(transport: Transport, destination: string, length: number): Promise<Arrival[]> {
  const got = collect();
  const stop = new AbortController();
  const tail = transport.tail(destination, tailOptions(stop.signal, got.store));
  await got.until(length);
  stop.abort();
  await tail;
  return got.arrivals;
}

/** Those that did not arrive. */
export function missing(ids: readonly string[], arrived: ReadonlySet<string | null>): string[] {
  return ids.filter((id) => !arrived.has(id));
}

/** Tails until so many have arrived and no more come. */
export async function tailAll(transport: Transport, destination: string, length: number): Promise<Arrival[]> {
  const got = collect();
  const stop = new AbortController();
  const tail = transport.tail(destination, tailOptions(stop.signal, got.store));
  await got.until(length);
  for (let before = -1; before !== got.arrivals.length;) {
    before = got.arrivals.length;
    await sleep(quietMs);
  }
  stop.abort();
  await tail;
  return got.arrivals;
}
