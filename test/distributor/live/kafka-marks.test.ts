import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMarks } from './kafka-marks.ts';

test('a mark never passes a message that is not done, and reaches the end once all are', () => {
  const order = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 });
  fc.assert(
    fc.property(order, (finished) => {
      const marks = createMarks();
      for (let offset = 0; offset < 8; offset++) marks.begun(3, BigInt(offset));
      const done = new Set<number>();
      let latest = 0;
      for (const offset of finished) {
        done.add(offset);
        const mark = marks.done(3, BigInt(offset));
        if (mark) {
          expect(Number(mark.offset)).toBeGreaterThan(latest);
          latest = Number(mark.offset);
        }
        for (let before = 0; before < latest; before++) expect(done.has(before)).toBe(true);
      }
      expect(latest).toBe(8);
    }),
  );
});

test('partitions stand apart', () => {
  const marks = createMarks();
  marks.begun(0, 5n);
  marks.begun(1, 5n);
  expect(marks.done(1, 5n)).toEqual({ partition: 1, offset: 6n });
  expect(marks.done(0, 5n)).toEqual({ partition: 0, offset: 6n });
});
