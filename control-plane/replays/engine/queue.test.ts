import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createQueue, type Waiting } from './queue.ts';

const waiting = (keys: readonly (string | null)[]): Waiting[] =>
  keys.map((key, position) => ({ position, key, id: `id-${position}`, hash: '' }));
const everything = Number.POSITIVE_INFINITY;

test('whatever happens, each message goes once, and those of a key in order and one at a time', () => {
  const keys = fc.array(fc.option(fc.constantFrom('a', 'b', 'c')), { maxLength: 40 });
  const steps = fc.array(fc.tuple(fc.constantFrom('next', 'settle', 'back'), fc.nat(5)), { maxLength: 200 });
  fc.assert(
    fc.property(keys, steps, (all, script) => {
      const queue = createQueue(true);
      queue.add(waiting(all));
      const inFlight: Waiting[] = [];
      const done: Waiting[] = [];
      const settle = () => {
        const item = inFlight.shift();
        if (!item) return;
        done.push(item);
        queue.free(item);
      };
      for (const [step, count] of [
        ...script,
        ...all.flatMap(
          () =>
            [
              ['next', 9],
              ['settle', 0],
            ] as const,
        ),
      ]) {
        if (step === 'next') inFlight.push(...queue.next(count, everything));
        else if (step === 'settle') settle();
        else queue.putBack(inFlight.splice(0));
        const busy = inFlight.flatMap(({ key }) => (key === null ? [] : [key]));
        expect(new Set(busy).size).toBe(busy.length);
      }
      while (inFlight.length > 0 || queue.size > 0) {
        inFlight.push(...queue.next(5, everything));
        settle();
      }
      expect(done.map(({ position }) => position).toSorted((a, b) => a - b)).toEqual(all.map((_, n) => n));
      for (const key of ['a', 'b', 'c']) {
        const order = done.filter((item) => item.key === key).map(({ position }) => position);
        expect(order).toEqual(order.toSorted((a, b) => a - b));
      }
    }),
  );
});

test('nothing of a later stage goes before its time', () => {
  const queue = createQueue(true);
  queue.add(waiting([null, null, null]));
  expect(queue.next(10, 2).map(({ position }) => position)).toEqual([0, 1]);
  expect(queue.countBelow(2)).toBe(0);
  expect(queue.next(10, 3).map(({ position }) => position)).toEqual([2]);
});

test('without order, keys do not wait for each other', () => {
  const queue = createQueue(false);
  queue.add(waiting(['a', 'a']));
  expect(queue.next(10, everything)).toHaveLength(2);
});
