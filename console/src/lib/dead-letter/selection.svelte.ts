import { SvelteSet } from 'svelte/reactivity';

/**
 * Rows a person has ticked, by identity. `everything` stands for all that the filter names, also what is on no page:
 * then the filter is sent, never a list of ids.
 */
export function createSelection(shown: () => readonly string[]) {
  const chosen = new SvelteSet<string>();
  let everything = $state(false);
  let anchor: string | undefined;

  function clear(): void {
    chosen.clear();
    everything = false;
    anchor = undefined;
  }
  function toggle(id: string): void {
    everything = false;
    anchor = id;
    if (!chosen.delete(id)) chosen.add(id);
  }
  /** Ticks every row between the one ticked last and this one. */
  function reach(id: string): void {
    const rows = shown();
    const [from, to] = [rows.indexOf(anchor ?? id), rows.indexOf(id)].toSorted((a, b) => a - b);
    everything = false;
    for (const row of rows.slice(Math.max(0, from ?? 0), (to ?? 0) + 1)) chosen.add(row);
    anchor = id;
  }
  function toggleAll(): void {
    const rows = shown();
    const all = rows.every((row) => chosen.has(row));
    clear();
    if (!all) for (const row of rows) chosen.add(row);
  }

  return {
    has: (id: string) => everything || chosen.has(id),
    toggle,
    reach,
    toggleAll,
    clear,
    chooseEverything: () => (everything = true),
    get ids() {
      return shown().filter((id) => chosen.has(id));
    },
    get isEverything() {
      return everything;
    },
    get isWhole() {
      return shown().length > 0 && shown().every((id) => chosen.has(id));
    },
  };
}
export type Selection = ReturnType<typeof createSelection>;
