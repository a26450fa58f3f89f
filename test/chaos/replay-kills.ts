import { setTimeout as sleep } from 'node:timers/promises';
import { randomOf } from '../distributor/business/random.ts';
import type { Product, Victim } from './replay-product.ts';
import { points, type Point } from './replay-way.ts';

/** One SIGKILL: who, and how long after the way first came to a point. */
export interface Kill {
  readonly victim: Victim;
  readonly point: Point;
  readonly afterMs: number;
}

/** A point lasts about so long, so that the kill falls somewhere into it. */
const lastsMs: Readonly<Record<Point, number>> = {
  intake: 6000,
  preview: 80,
  approval: 60,
  canary: 700,
  ramp: 900,
  confirmation: 600,
};

/** Draws kills from a seed, at most one at each point. */
export function drawKills(
  seed: number,
  count: number,
  victims: readonly [Victim, ...Victim[]],
): readonly Kill[] {
  const random = randomOf(seed, 'kills');
  const left: Point[] = [...points];
  return Array.from({ length: Math.min(count, points.length) }, (_, nth) => {
    const [point = 'canary'] = left.splice(random.int(0, left.length - 1), 1);
    // Every victim has its turn before one has a second.
    const victim = victims[nth % victims.length] ?? victims[0];
    return { victim, point, afterMs: random.int(0, lastsMs[point]) };
  });
}

/** Carries kills out as the way comes to their points. */
export function executioner(product: Product, kills: readonly Kill[]) {
  const begun = new Set<Point>();
  const done: Kill[] = [];
  const underWay: Promise<void>[] = [];
  const carryOut = async (kill: Kill): Promise<void> => {
    await sleep(kill.afterMs);
    await product.kill(kill.victim);
    done.push(kill);
  };
  return {
    at: (point: Point): void => {
      if (begun.has(point)) return;
      begun.add(point);
      for (const kill of kills) {
        if (kill.point !== point) continue;
        const carried = carryOut(kill);
        // Heard of in the end; a way that ends earlier says so itself.
        carried.catch(() => undefined);
        underWay.push(carried);
      }
    },
    /** What was killed, once all of it is over. */
    async done(): Promise<readonly Kill[]> {
      await Promise.all(underWay);
      return done;
    },
  };
}
