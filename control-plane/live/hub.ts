/** One thing that happened, for whoever is looking now. */
export interface LiveEvent {
  readonly id: number;
  readonly topic: string;
  readonly data: unknown;
}

type Listener = (event: LiveEvent) => void;

/** Passes events of this process on to its live connections; keeps the newest for those who come back. */
export interface EventHub {
  publish(topic: string, data: unknown): void;
  /** Calls `listener` for every event after `lastId` that is still kept, then for each new one. Answers how to stop. */
  subscribe(listener: Listener, lastId?: number): () => void;
  readonly listeners: number;
}

/** @param keptMax how many past events a client that reconnects can catch up on. */
export function createEventHub(keptMax = 256): EventHub {
  const listeners = new Set<Listener>();
  const kept: LiveEvent[] = [];
  let lastId = 0;
  return {
    publish(topic, data) {
      lastId += 1;
      const event = { id: lastId, topic, data };
      kept.push(event);
      if (kept.length > keptMax) kept.shift();
      for (const listener of listeners) listener(event);
    },
    subscribe(listener, after) {
      // An id that was never given out here comes from before a restart: all that is kept may be news.
      const seen = after !== undefined && after > lastId ? 0 : after;
      if (seen !== undefined) for (const event of kept) if (event.id > seen) listener(event);
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get listeners() {
      return listeners.size;
    },
  };
}
