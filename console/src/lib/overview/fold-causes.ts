/** What a fold needs to know of a cause, as the API tells it: apart by side and outcome. */
interface Told {
  readonly flow: string;
  readonly cause: string;
  readonly errorType: string;
  readonly operation: 'send' | 'process';
  readonly count: number;
  readonly lastAt: string;
}

/**
 * One row a cause of a flow. The API tells tries apart from the last one, and the sender's word from the receiver's; at a
 * glance they are one trouble. Both sides tell of the same failed call, so the larger count stands for both.
 */
export function foldCauses<T extends Told>(causes: readonly T[]): T[] {
  const sides = new Map<string, T>();
  for (const cause of causes) join(sides, keyOf(cause) + cause.operation, cause, (a, b) => a + b);
  const rows = new Map<string, T>();
  for (const side of sides.values()) join(rows, keyOf(side), side, Math.max);
  return [...rows.values()].sort((a, b) => b.count - a.count);
}

const keyOf = ({ flow, cause, errorType }: Told): string => [flow, cause, errorType, ''].join('\n');

function join<T extends Told>(
  into: Map<string, T>,
  key: string,
  next: T,
  add: (a: number, b: number) => number,
): void {
  const held = into.get(key);
  if (!held) return void into.set(key, next);
  const larger = next.count > held.count ? next : held;
  const lastAt = next.lastAt > held.lastAt ? next.lastAt : held.lastAt;
  into.set(key, { ...larger, count: add(held.count, next.count), lastAt });
}
