/** A message of the manifest and the key that it keeps busy. */
export interface Place {
  readonly position: number;
  readonly key: string | null;
}

export interface Waiting extends Place {
  readonly id: string;
  /** Payload hash in the manifest, hexadecimal. */
  readonly hash: string;
}

/** What waits to be sent, in the order of the manifest; with `serial`, one message of a key at a time. */
export interface Queue {
  /** Adds what the manifest holds next. */
  add(items: readonly Waiting[]): void;
  /** Up to `limit` messages below position `end` that may go now. Their keys are busy from here on. */
  next(limit: number, end: number): Waiting[];
  /**
   * Makes the keys of exactly these busy, when nothing is being sent: what an earlier worker sent is in flight, and what others settled
   * meanwhile (an arrival in the dead-letter queue, say) is not.
   */
  reconcile(inFlight: readonly Place[]): void;
  /** A message is settled, or not sent after all: the next of its key may go. Said twice, it counts once. */
  free(place: Place): void;
  /** Puts back what was taken and not sent; their keys are free. */
  putBack(items: readonly Waiting[]): void;
  /** What was taken and has to wait for a message of its key in another replay: the key stays busy until `unpark`. */
  park(items: readonly Waiting[]): void;
  /** What was parked may be tried again. */
  unpark(): void;
  /** Messages below `end` that wait here. */
  countBelow(end: number): number;
  readonly size: number;
}

/** Pure bookkeeping: no clock, no I/O. */
export function createQueue(serial: boolean): Queue {
  let upcoming: Waiting[] = [];
  const busy = new Map<string, Set<number>>();
  const held = new Map<string, Waiting[]>();
  const parked: Waiting[] = [];
  let heldCount = 0;
  const keyOf = (key: string | null) => (serial ? key : null);
  const occupy = ({ position, key }: Place) => {
    const name = keyOf(key);
    if (name !== null) busy.set(name, (busy.get(name) ?? new Set()).add(position));
  };
  const release = (name: string) => {
    const waiting = held.get(name);
    if (!waiting) return;
    held.delete(name);
    heldCount -= waiting.length;
    upcoming = inOrder([...waiting, ...upcoming]);
  };
  const free = ({ position, key }: Place) => {
    const name = keyOf(key);
    const places = name === null ? undefined : busy.get(name);
    if (name === null || !places?.delete(position) || places.size > 0) return;
    busy.delete(name);
    release(name);
  };
  return {
    add: (items) => void upcoming.push(...items),
    next(limit, end) {
      const taken: Waiting[] = [];
      let at = 0;
      for (; at < upcoming.length && taken.length < limit; at += 1) {
        const item = upcoming[at];
        if (!item || item.position >= end) break;
        const name = keyOf(item.key);
        if (name !== null && busy.has(name)) {
          held.set(name, [...(held.get(name) ?? []), item]);
          heldCount += 1;
          continue;
        }
        occupy(item);
        taken.push(item);
      }
      upcoming = upcoming.slice(at);
      return taken;
    },
    reconcile(inFlight) {
      if (!serial) return;
      busy.clear();
      parked.length = 0;
      for (const place of inFlight) occupy(place);
      for (const name of [...held.keys()]) if (!busy.has(name)) release(name);
    },
    free,
    putBack(items) {
      upcoming = inOrder([...items, ...upcoming]);
      for (const item of items) free(item);
    },
    park(items) {
      for (const item of items) {
        const name = keyOf(item.key);
        if (name === null) continue;
        held.set(name, inOrder([item, ...(held.get(name) ?? [])]));
        heldCount += 1;
        parked.push(item);
      }
    },
    unpark() {
      for (const item of parked.splice(0)) free(item);
    },
    countBelow(end) {
      const below = (items: readonly Waiting[]) => items.filter(({ position }) => position < end).length;
      return below(upcoming) + [...held.values()].reduce((sum, items) => sum + below(items), 0);
    },
    get size() {
      return upcoming.length + heldCount;
    },
  };
}

function inOrder(items: Waiting[]): Waiting[] {
  return items.toSorted((a, b) => a.position - b.position);
}
