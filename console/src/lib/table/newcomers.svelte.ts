import { unseenCount } from './new-rows.ts';

/**
 * Rows that stay as they are while newer ones arrive; the newer ones are counted and shown when asked for.
 * A changed question (address) shows its answer at once.
 */
export function heldRows<Row>(
  latest: () => readonly Row[],
  question: () => string,
  identity: (row: Row) => string,
) {
  let released = $state(0);
  let held: { question: string; release: number; rows: readonly Row[] } | undefined;

  const rows = $derived.by(() => {
    const now = question();
    if (!held || held.question !== now || held.release !== released || held.rows.length === 0) {
      held = { question: now, release: released, rows: latest() };
    } else {
      held = { ...held, rows: refreshed(held.rows, latest(), identity) };
    }
    return held.rows;
  });
  const unseen = $derived(unseenCount(rows, latest(), identity));

  return {
    get rows() {
      return rows;
    },
    get unseen() {
      return unseen;
    },
    release: () => (released += 1),
  };
}

/** Rows on the screen with their newest content, in their place. */
function refreshed<Row>(
  shown: readonly Row[],
  latest: readonly Row[],
  identity: (row: Row) => string,
): Row[] {
  const newest = new Map(latest.map((row) => [identity(row), row]));
  return shown.map((row) => newest.get(identity(row)) ?? row);
}
