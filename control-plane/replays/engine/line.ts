/** One step of the way of a batch, as often as there are batches: first come, first served, one at a time. */
export type Step = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** A step that later batches enter only after earlier ones have left it, however those fared. */
export function createStep(): Step {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}

/** Batches that are under way at the same time, each at another step. */
export interface Line {
  readonly isFull: boolean;
  /** Sends a batch on its way. What it throws, the next `check` throws. */
  start(batch: () => Promise<void>): void;
  /** @throws what a batch threw */
  check(): void;
  /** Resolves when some batch has ended. */
  room(): Promise<void>;
  /** Resolves when no batch is under way any more. */
  empty(): Promise<void>;
}

export function createLine(max: number): Line {
  const underWay = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  return {
    get isFull() {
      return underWay.size >= max;
    },
    start(batch) {
      const mine = batch()
        .catch((error: unknown) => void (failure ??= { error }))
        .finally(() => underWay.delete(mine));
      underWay.add(mine);
    },
    check() {
      if (failure) throw failure.error;
    },
    async room() {
      await Promise.race(underWay);
    },
    empty: async () => void (await Promise.all(underWay)),
  };
}
