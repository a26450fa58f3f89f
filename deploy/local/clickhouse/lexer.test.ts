import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteIdentifier, quoteString, significant, textOf, tokenize, unquote } from './lexer.ts';

const kinds = (sql: string): string[] => tokenize(sql).map((one) => `${one.kind}:${textOf(sql, one)}`);

describe('tokenize', () => {
  it('covers the text without gap or overlap, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (sql) => {
        expect(
          tokenize(sql)
            .map((one) => textOf(sql, one))
            .join(''),
        ).toBe(sql);
      }),
    );
  });

  it.each([
    ["'it''s'", ["string:'it''s'"]],
    [String.raw`'a\'b'`, [String.raw`string:'a\'b'`]],
    ['`a``b`', ['quoted:`a``b`']],
    ['a$b', ['word:a$b']],
    ["$x$ it's { $x$", ["heredoc:$x$ it's { $x$"]],
    ['-- {a:Int8}\n1', ['comment:-- {a:Int8}', 'space:\n', 'number:1']],
    ['#! x', ['comment:#! x']],
    ['/* a /* b */ c', ['comment:/* a /* b */', 'space: ', 'word:c']],
    ["\u2018it's\u2019", ["string:\u2018it's\u2019"]],
    ["'open", ["error:'open"]],
    ['/* open', ['error:/* open']],
  ])('reads %j', (sql, expected) => {
    expect(kinds(sql)).toEqual(expected);
  });
});

describe('quoting', () => {
  it('makes one token that reads back as the value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (value) => {
        for (const quoted of [quoteString(value), quoteIdentifier(value)]) {
          expect(significant(tokenize(quoted))).toHaveLength(1);
          expect(unquote(quoted)).toBe(value);
        }
      }),
    );
  });
});
