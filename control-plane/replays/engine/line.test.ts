import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createLine, createStep } from './line.ts';

it('keeps the order of batches at every step, whatever each takes and however each fares', async () => {
  const batch = fc.record({ first: fc.nat(4), second: fc.nat(4), fails: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { maxLength: 12 }), async (batches) => {
      const [first, second] = [createStep(), createStep()];
      const seen: string[] = [];
      let inSecond = 0;
      await Promise.allSettled(
        batches.map(async (one, index) => {
          await first(() => sleep(one.first));
          await second(async () => {
            inSecond += 1;
            expect(inSecond).toBe(1);
            seen.push(`${index}`);
            await sleep(one.second);
            inSecond -= 1;
            if (one.fails) throw new Error('refused');
          });
        }),
      );
      expect(seen).toEqual(batches.map((_, index) => `${index}`));
    }),
    { numRuns: 30 },
  );
});

it('has as much room as it was given, and tells of a failure once asked', async () => {
  const line = createLine(2);
  let release: () => void = () => undefined;
  line.start(() => new Promise<void>((resolve) => (release = resolve)));
  expect(line.isFull).toBe(false);
  line.start(() => Promise.reject(new Error('the store is away')));
  expect(line.isFull).toBe(true);
  await line.room();
  expect(line.isFull).toBe(false);
  expect(() => line.check()).toThrow('the store is away');
  release();
  await line.empty();
});
