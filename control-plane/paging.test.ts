import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { decodeCursor, encodeCursor, PageQuery } from './paging.ts';
import { Problem } from './problem.ts';

test('a cursor comes back as it was written', () => {
  const Position = z.tuple([z.string(), z.number()]);
  fc.assert(
    fc.property(fc.string(), fc.integer(), (text, number) => {
      expect(decodeCursor(encodeCursor([text, number]), Position)).toEqual([text, number]);
    }),
  );
});

test('whatever else is sent as a cursor is refused as a bad request', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(() => decodeCursor(text, z.tuple([z.string(), z.number()]))).toThrow(Problem);
    }),
  );
});

test('a page is bounded and at least one long', () => {
  expect(PageQuery.parse({})).toEqual({ limit: 50 });
  for (const limit of ['0', '501', '-1', '1.5', 'all'])
    expect(PageQuery.safeParse({ limit }).success).toBe(false);
});
