/** A queue in the order of time; equal times keep the order of entry, so that a run can be repeated exactly. */
export interface Agenda<T> {
  readonly size: number;
  add(atMs: number, item: T): void;
  nextAtMs(): number | undefined;
  take(): { atMs: number; item: T } | undefined;
}

interface Entry<T> {
  atMs: number;
  order: number;
  item: T;
}

export function createAgenda<T>(): Agenda<T> {
  const heap: Entry<T>[] = [];
  let order = 0;
  return {
    get size() {
      return heap.length;
    },
    add(atMs, item) {
      heap.push({ atMs, order: order++, item });
      siftUp(heap, heap.length - 1);
    },
    nextAtMs: () => heap[0]?.atMs,
    take() {
      const first = heap[0];
      const last = heap.pop();
      if (!first || !last) return undefined;
      if (heap.length > 0) {
        heap[0] = last;
        siftDown(heap, 0);
      }
      return { atMs: first.atMs, item: first.item };
    },
  };
}

function before<T>(a: Entry<T>, b: Entry<T>): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

function siftUp<T>(heap: Entry<T>[], start: number): void {
  let at = start;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!swapIfBefore(heap, at, parent)) return;
    at = parent;
  }
}

function siftDown<T>(heap: Entry<T>[], start: number): void {
  let at = start;
  for (;;) {
    const left = 2 * at + 1;
    const [l, r] = [heap[left], heap[left + 1]];
    if (!l) return;
    const child = r && before(r, l) ? left + 1 : left;
    if (!swapIfBefore(heap, child, at)) return;
    at = child;
  }
}

function swapIfBefore<T>(heap: Entry<T>[], a: number, b: number): boolean {
  const [x, y] = [heap[a], heap[b]];
  if (!x || !y || !before(x, y)) return false;
  heap[a] = y;
  heap[b] = x;
  return true;
}
