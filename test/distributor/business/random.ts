/** A seeded source of randomness: equal seeds give equal sequences, on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform whole number in [min, max]. */
  int(min: number, max: number): number;
  pick<T>(items: readonly [T, ...T[]]): T;
  chance(probability: number): boolean;
  /** Log-normal around a median; `spread` 0.5 is lively, 1 is wild. What latencies look like. */
  lognormal(median: number, spread: number): number;
}

/** 32-bit hash of a text (MurmurHash3 finaliser over FNV-1a). Not for secrets. */
export function hash32(text: string, seed = 0): number {
  let h = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Hexadecimal id of `length` digits that depends on the text alone; never all zeros. */
export function hexId(text: string, length: 16 | 32): string {
  let id = '';
  for (let part = 1; id.length < length; part++) {
    id += (hash32(text, Math.imul(part, 0x9e3779b1)) | (part === 1 ? 1 : 0))
      .toString(16)
      .replace('-', '')
      .padStart(8, '0')
      .slice(-8);
  }
  return id;
}

/** Randomness of its own for one thing: independent of the order in which things happen. */
export function randomOf(seed: number, name: string): Random {
  return mulberry32(hash32(name, seed));
}

function mulberry32(start: number): Random {
  let state = start >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    next,
    int: (min, max) => min + Math.floor(next() * (max - min + 1)),
    pick: (items) => items[Math.floor(next() * items.length)] ?? items[0],
    chance: (probability) => next() < probability,
    lognormal(median, spread) {
      const gauss = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
      return median * Math.exp(spread * gauss);
    },
  };
}
