import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globsOverlap } from './overlaps.ts';

const matches = (glob: string, text: string): boolean =>
  new RegExp(`^${glob.replaceAll('*', '.*')}$`, 's').test(text);

describe('globsOverlap', () => {
  it.each([
    ['a', 'a', true],
    ['a', 'b', false],
    ['a*', '*b', true],
    ['a*', 'b*', false],
    ['*', '', true],
    ['a*c', 'ab', false],
    ['orders.*.eu', 'orders.placed.*', true],
    ['a*b*', '*c*d', true],
    ['ab', 'a*b*c', false],
  ])('%s and %s: %s', (a, b, expected) => {
    expect(globsOverlap(a, b)).toBe(expected);
    expect(globsOverlap(b, a)).toBe(expected);
  });

  it('is true whenever one text satisfies both', () => {
    const glob = fc.array(fc.constantFrom('a', 'b', '*'), { maxLength: 6 }).map((parts) => parts.join(''));
    const text = fc.array(fc.constantFrom('a', 'b'), { maxLength: 6 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(glob, glob, text, (a, b, witness) => {
        fc.pre(matches(a, witness) && matches(b, witness));
        expect(globsOverlap(a, b)).toBe(true);
      }),
    );
  });

  it('is false when no short text satisfies both', () => {
    const glob = fc.array(fc.constantFrom('a', 'b', '*'), { maxLength: 3 }).map((parts) => parts.join(''));
    const texts = [''];
    for (let from = 0; texts.length < 127; from += 1)
      texts.push(`${texts[from] ?? ''}a`, `${texts[from] ?? ''}b`);
    fc.assert(
      fc.property(glob, glob, (a, b) => {
        // Two globs of three characters that overlap at all overlap on a text of at most six.
        expect(globsOverlap(a, b)).toBe(texts.some((text) => matches(a, text) && matches(b, text)));
      }),
    );
  });
});
