import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean, editDistance, suggest } from './suggest.ts';

describe('editDistance', () => {
  it.each([
    ['shop', 'shop', 0],
    ['shop', 'shp', 1],
    ['shop', 'hsop', 1],
    ['order', 'invoice', 6],
    ['', 'abc', 3],
  ])('of %s and %s is %i', (a, b, edits) => {
    expect(editDistance(a, b, 100)).toBe(edits);
  });

  it('is symmetric and zero only for equal texts', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        expect(editDistance(a, b, 100)).toBe(editDistance(b, a, 100));
        expect(editDistance(a, b, 100) === 0).toBe(a === b);
      }),
    );
  });
});

describe('suggest', () => {
  it('offers the nearest name and nothing far away', () => {
    expect(suggest('waerhouse', ['shop', 'warehouse', 'tms'])).toBe('warehouse');
    expect(suggest('xyz', ['shop', 'warehouse'])).toBeUndefined();
    expect(didYouMean('zzzzzz', ['erp', 'wms'])).toBe('; known: "erp", "wms"');
    expect(didYouMean('zzzzzz', [])).toBe('');
  });
});
