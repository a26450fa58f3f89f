import { setTimeout as sleep } from 'node:timers/promises';
import type { When } from '../crash.ts';

/** A worker that has written and sent nothing for so long waits for somebody else, however often it looks. */
const quietMs = 90;

/**
 * The process of a worker, in the hands of a test: each step of I/O needs a permit, so it stands still between two steps
 * for as long as the test likes, as a process does that is stopped. A transaction that is open runs to its end; death
 * strikes inside of one too.
 */
export function createGate() {
  let permits = 0;
  let active = 0;
  let transactions = 0;
  let isDead = false;
  let lastMs = performance.now();
  let doom: { left: number; readonly when: When } | undefined;
  let atSend: When | 'stall' | undefined;
  const blocked: (() => void)[] = [];
  const wakeAll = () => {
    for (const wake of blocked.splice(0)) wake();
  };
  const die = (): never => {
    isDead = true;
    wakeAll();
    throw new Error('this process is gone');
  };
  const admitted = async () => {
    while (!isDead && transactions === 0 && permits === 0)
      await new Promise<void>((resolve) => blocked.push(resolve));
    if (isDead) die();
    if (transactions === 0) permits -= 1;
  };
  const step = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    await admitted();
    const isLast = doom !== undefined && (doom.left -= 1) === 0;
    if (isLast && doom?.when === 'before') return die();
    active += 1;
    try {
      const result = await work();
      return isLast || isDead ? die() : result;
    } finally {
      active -= 1;
      if (transactions > 0) lastMs = performance.now();
    }
  };
  return {
    step,
    within(isOpen: boolean) {
      transactions = Math.max(0, transactions + (isOpen ? 1 : -1));
      lastMs = performance.now();
    },
    /** Lets so many steps happen, and waits until they did or nothing moves any more. */
    async grant(steps: number, isOver: () => boolean): Promise<void> {
      permits = steps;
      lastMs = performance.now();
      wakeAll();
      for (;;) {
        await sleep(1);
        const isStill = active === 0 && transactions === 0;
        if (isOver() || (isStill && permits === 0 && blocked.length > 0)) break;
        if (isStill && performance.now() - lastMs > quietMs) break;
      }
      permits = 0;
    },
    /** What happens at the next send: it dies before or after it, or stands still right before. */
    doomAtSend: (what: When | 'stall') => void (atSend = what),
    /** Told before each send. */
    sending() {
      if (atSend === 'stall') permits = 0;
      else if (atSend) doom = { left: 1, when: atSend };
      atSend = undefined;
    },
    /** Dies at the n-th step from now, before it takes effect or before anybody hears of it. */
    doomIn: (steps: number, when: When) => void (doom = { left: steps, when }),
    kill() {
      isDead = true;
      wakeAll();
    },
    get isDead() {
      return isDead;
    },
  };
}
export type Gate = ReturnType<typeof createGate>;
