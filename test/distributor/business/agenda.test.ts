import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAgenda } from './agenda.ts';

test('items leave in the order of time, equal times in the order of entry', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (times) => {
      const agenda = createAgenda<number>();
      times.forEach((atMs, index) => agenda.add(atMs, index));
      const taken: { atMs: number; item: number }[] = [];
      for (let next = agenda.take(); next; next = agenda.take()) taken.push(next);
      const wanted = times
        .map((atMs, item) => ({ atMs, item }))
        .sort((a, b) => a.atMs - b.atMs || a.item - b.item);
      expect(taken).toEqual(wanted);
      expect(agenda.size).toBe(0);
    }),
  );
});
