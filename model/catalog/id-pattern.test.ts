import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPattern, idLengthMax, wholePattern } from './id-pattern.ts';

describe('checkPattern', () => {
  it.each([
    'SO-\\d{4,10}',
    '^SO-\\d+$',
    '[A-Z]{2}\\d{6}(?:-\\d{2})?',
    '(SO|SQ|RMA)-[0-9]+',
    '\\p{Lu}{3}/\\d+',
    '\\d{3}(-\\d{3})*',
    '[A-Z]+-[0-9]+',
  ])('accepts %s', (pattern) => {
    expect(checkPattern(pattern)).toEqual({ ok: true });
  });

  it.each([
    ['(a+)+', 'very long'],
    ['(a|a)*', 'very long'],
    ['(\\d+-)*\\d+', 'very long'],
    ['a*a*a*b', 'very long'],
    ['(?:a?){50}', 'very long'],
    [
      '(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)',
      'very long',
    ],
    ['(\\d)\\1', 'refers back'],
    ['(?=a)a', 'looks around'],
    ['(?<!a)b', 'looks around'],
    ['(?<no>\\d)', 'names a group'],
    ['(?i:a)b', 'changes flags'],
    ['a{1,2000}', 'more than 1000'],
    ['[]', 'empty class'],
    ['[[:digit:]', 'POSIX'],
    ['\\u0041', 'write the character itself'],
    ['\\p{Script=Greek}', 'use \\p{L}'],
    ['(', 'not a regular expression'],
    ['', 'is empty'],
  ])('refuses %s', (pattern, reason) => {
    const verdict = checkPattern(pattern);
    expect(verdict.ok ? '' : verdict.reason).toContain(reason);
  });

  it('accepts nothing that a text can make slow', () => {
    const atom = fc.constantFrom('a', '[ab]', '\\d', '\\w');
    const repeat = fc.constantFrom('', '*', '+', '?', '{0,9}', '{3}');
    const { pattern } = fc.letrec<{ pattern: string; piece: string }>((tie) => ({
      piece: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.tuple(atom, repeat).map((parts) => parts.join('')),
        fc.tuple(tie('pattern'), repeat).map(([inner, count]) => `(${inner})${count}`),
        fc.tuple(tie('pattern'), tie('pattern')).map((sides) => `(?:${sides.join('|')})`),
      ),
      pattern: fc.array(tie('piece'), { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join('')),
    }));
    const nasty = ['a', '1', 'ab'].map((unit) => `${unit.repeat(idLengthMax / unit.length - 1)}!`);
    fc.assert(
      fc.property(pattern, (text) => {
        fc.pre(text.length <= 200 && checkPattern(text).ok);
        const started = performance.now();
        for (const id of nasty) wholePattern(text).test(id);
        expect(performance.now() - started).toBeLessThan(500);
      }),
      { numRuns: 500 },
    );
  });
});

describe('wholePattern', () => {
  it('matches an id as a whole, also with alternatives', () => {
    expect(wholePattern('SO|RMA').test('XSO')).toBe(false);
    expect(wholePattern('^SO-\\d+$').test('SO-1')).toBe(true);
  });
});
