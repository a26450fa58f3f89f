import type { FaultPlan } from './faults.ts';
import type { ManifestEntry } from './manifest.ts';
import { randomOf, type Random } from './random.ts';
import type { SystemName } from './types.ts';

/** All that the business remembers between steps. The rest travels in messages. */
export interface World {
  readonly seed: number;
  readonly faults: FaultPlan;
  /** Randomness of one business object, whatever the order of events. */
  random(subject: string): Random;
  /** The next number of the statements that a system makes about a key: 1, 2, 3. */
  sequence(system: SystemName, key: string): number;
  /** What a system believes to be in stock; changing the belief returns the new one. */
  stock(system: SystemName, level: string, change: number): number;
  setStock(system: SystemName, level: string, quantity: number): void;
  note(entry: ManifestEntry): void;
}

/** A long run must not grow without bound: the oldest counters go first. */
const countersMax = 400_000;
const openingStock = 4_000;

export function createWorld(seed: number, faults: FaultPlan, note: (entry: ManifestEntry) => void): World {
  const sequences = new Map<string, number>();
  const stocks = new Map<string, number>();
  return {
    seed,
    faults,
    note,
    random: (subject) => randomOf(seed, subject),
    sequence(system, key) {
      const name = `${system} ${key}`;
      const number = (sequences.get(name) ?? 0) + 1;
      sequences.set(name, number);
      if (sequences.size > countersMax) forgetOldest(sequences);
      return number;
    },
    stock(system, level, change) {
      const name = `${system} ${level}`;
      const quantity = (stocks.get(name) ?? openingStock) + change;
      stocks.set(name, quantity);
      return quantity;
    },
    setStock: (system, level, quantity) => void stocks.set(`${system} ${level}`, quantity),
  };
}

/** Stock counters are touched for ever; those of orders are not. The first half of the map is the oldest. */
function forgetOldest(sequences: Map<string, number>): void {
  let left = countersMax / 4;
  for (const name of sequences.keys()) {
    if (left-- <= 0) return;
    if (!name.includes(' stock_level:')) sequences.delete(name);
  }
}
