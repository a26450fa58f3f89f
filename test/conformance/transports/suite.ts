import { afterAll, beforeAll, describe } from 'vitest';
import { abortsAndOrders } from './suite/abort-and-order.ts';
import { carriesBytes } from './suite/carry.ts';
import type { Harness, Stand } from './harness.ts';
import { survivesCrashes } from './suite/crash.ts';
import { isDescribed } from './suite/described.ts';
import { showsAndPromises } from './suite/look.ts';
import { takesIn } from './suite/take-in.ts';

/** Holds an adapter to the port against the real thing; `ownTests` are of this transport alone, on the same stand. */
export function holdsToThePort<S extends Stand>(
  harness: Harness<S>,
  ownTests?: (stand: () => S) => void,
): void {
  if (harness.why) console.warn(harness.why);
  isDescribed(harness);
  describe.skipIf(harness.why !== undefined)(harness.name, () => {
    let started: S | undefined;
    const stand = (): S => {
      if (!started) throw new Error('The stand was not started.');
      return started;
    };
    beforeAll(async () => {
      started = await harness.start();
    });
    afterAll(() => started?.close());

    carriesBytes(harness, stand);
    abortsAndOrders(harness, stand);
    showsAndPromises(harness, stand);
    if (harness.reads) takesIn(harness, stand);
    ownTests?.(stand);
    // The target is killed in it, so it comes last.
    if (harness.connects) survivesCrashes(harness, stand);
  });
}
