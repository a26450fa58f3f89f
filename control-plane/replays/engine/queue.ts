export interface Waiting {
  readonly position: number;
  readonly id: string;
  /** Payload hash in the manifest, hexadecimal. */
  readonly hash: string;
  readonly key: string | null;
}

/** What waits to be sent, in the order of the manifest; with `serial`, one message of a key at a time. */
export interface Queue {
  /** Adds what the manifest holds next. */
  add(items: readonly Waiting[]): void;
  /** Up to `limit` messages below position `end` that may go now. Their keys are busy from here on. */
  next(limit: number, end: number): Waiting[];
  /** Notes a key as busy with what an earlier worker sent. */
  occupy(key: string | null): void;
  /** One message of a key is settled: the next of that key may go. */
  free(key: string | null): void;
  /** Puts back what was taken and not sent; their keys are free. */
  putBack(items: readonly Waiting[]): void;
  /** Messages below `end` that wait here. */
  countBelow(end: number): number;
  readonly size: number;
}

/** Pure bookkeeping: no clock, no I/O. */
export function createQueue(serial: boolean): Queue {
  let upcoming: Waiting[] = [];
  const busy = new Map<string, number>();
  const held = new Map<string, Waiting[]>();
  let heldCount = 0;
  const keyOf = (key: string | null) => (serial ? key : null);
  const occupy = (key: string | null) => {
    const name = keyOf(key);
    if (name !== null) busy.set(name, (busy.get(name) ?? 0) + 1);
  };
  const free = (key: string | null) => {
    const name = keyOf(key);
    if (name === null) return;
    const left = (busy.get(name) ?? 1) - 1;
    if (left > 0) return void busy.set(name, left);
    busy.delete(name);
    const waiting = held.get(name);
    if (!waiting) return;
    held.delete(name);
    heldCount -= waiting.length;
    upcoming = inOrder([...waiting, ...upcoming]);
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
        occupy(item.key);
        taken.push(item);
      }
      upcoming = upcoming.slice(at);
      return taken;
    },
    occupy,
    free,
    putBack(items) {
      upcoming = inOrder([...items, ...upcoming]);
      for (const { key } of items) free(key);
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
