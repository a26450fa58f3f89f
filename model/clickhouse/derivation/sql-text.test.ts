import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstFilled, likePattern, quote, quoteAll } from './sql-text.ts';

describe('quote', () => {
  it('escapes what would end or change the literal', () => {
    expect(quote(`it's \\ a\nline\u0000`)).toBe(`'it\\'s \\\\ a\\x0aline\\x00'`);
  });

  it('never lets a text out of its literal', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(
          quote(text)
            .slice(1, -1)
            .replace(/\\\\|\\'/g, ''),
        ).not.toMatch(/'|\\$/);
      }),
    );
  });
});

describe('likePattern', () => {
  it.each([
    ['orders.*', 'orders.%'],
    ['100%_\\*', '100\\%\\_\\\\%'],
  ])('%s becomes %s', (glob, pattern) => {
    expect(likePattern(glob)).toBe(pattern);
  });
});

describe('lists', () => {
  it('keeps the type of an empty array', () => {
    expect(quoteAll([])).toBe('emptyArrayString()');
    expect(quoteAll(['a', "b'"])).toBe(`['a', 'b\\'']`);
  });

  it('takes the first text that is not empty', () => {
    expect(firstFilled(['a', 'b', 'c'])).toBe("if(a != '', a, if(b != '', b, c))");
    expect(firstFilled([])).toBe("''");
  });
});
