import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hexId, randomOf } from './random.ts';

test('ids are hexadecimal, never all zeros, and differ when their texts do', () => {
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (text) => {
      for (const length of [16, 32] as const) {
        const id = hexId(text, length);
        expect(id).toMatch(new RegExp(`^[0-9a-f]{${length}}$`));
        expect(id).not.toMatch(/^0+$/);
        expect(seen.get(id) ?? text).toBe(text);
        seen.set(id, text);
      }
    }),
  );
});

test('ids of a million like names do not collide', () => {
  const ids = new Set<string>();
  for (let index = 0; index < 300_000; index++)
    ids.add(hexId(`erp-release-to-wms.${78_000_000 + index} process`, 16));
  expect(ids.size).toBe(300_000);
});

test('randomness is uniform enough and stays in its range', () => {
  const random = randomOf(1, 'test');
  const counts = Array.from({ length: 10 }, () => 0);
  for (let index = 0; index < 20_000; index++) {
    const value = random.int(0, 9);
    counts[value] = (counts[value] ?? 0) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(250);
  expect(Array.from({ length: 2000 }, () => random.lognormal(50, 0.5)).every((value) => value > 0)).toBe(
    true,
  );
});
