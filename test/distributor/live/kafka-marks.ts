/** Where a consumer group stands in one partition: the next offset to be read. */
export interface Mark {
  readonly partition: number;
  readonly offset: bigint;
}

/** Finds how far each partition is done without a gap, while its messages are handled side by side. */
export interface Marks {
  begun(partition: number, offset: bigint): void;
  /** The new mark, when everything up to here and beyond is done; undefined while something before it is not. */
  done(partition: number, offset: bigint): Mark | undefined;
}

export function createMarks(): Marks {
  const open = new Map<number, { offset: bigint; isDone: boolean }[]>();
  return {
    begun(partition, offset) {
      const entries = open.get(partition) ?? [];
      open.set(partition, entries);
      entries.push({ offset, isDone: false });
    },
    done(partition, offset) {
      const entries = open.get(partition) ?? [];
      const entry = entries.find((one) => one.offset === offset);
      if (entry) entry.isDone = true;
      let last: bigint | undefined;
      while (entries[0]?.isDone) last = entries.shift()?.offset;
      return last === undefined ? undefined : { partition, offset: last + 1n };
    },
  };
}
