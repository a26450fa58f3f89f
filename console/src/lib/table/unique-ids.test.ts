import fc from 'fast-check';
import { expect, test } from 'vitest';
import { uniqueIds } from './unique-ids.ts';

test('ids that come once stay as they are, whatever else comes', () => {
  expect(uniqueIds(['a', 'b', 'a', 'c', 'a'])).toEqual(['a', 'b', 'a\u00001', 'c', 'a\u00002']);
});

test('no two are the same', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 2 })), (ids) => {
      const unique = uniqueIds(ids);
      expect(new Set(unique).size).toBe(ids.length);
      expect(unique.map((id) => id.replace(/\u0000\d+$/, ''))).toEqual(ids);
    }),
  );
});
