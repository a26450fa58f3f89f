import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { significant, textOf, tokenize } from './lexer.ts';
import { substituteParameters } from './substitute.ts';

const substitute = (sql: string, values: Record<string, string>): string =>
  substituteParameters(sql, new Map(Object.entries(values)));

/** The tokens of a text without any value: kinds, and the text of all but strings, numbers and quoted names. */
const shape = (sql: string): string[] =>
  significant(tokenize(sql)).map((one) =>
    ['string', 'quoted'].includes(one.kind) ? one.kind : textOf(sql, one),
  );

const anyText = fc.string({ unit: 'binary', maxLength: 60 });
const hostileText = fc
  .array(
    fc.constantFrom(
      "'",
      '"',
      '`',
      '\\',
      '--',
      '/*',
      '*/',
      '$$',
      ';',
      '{',
      '}',
      '{x:String}',
      '\n',
      '\t',
      '\0',
      "' OR 1=1 --",
      ')',
    ),
    {
      maxLength: 12,
    },
  )
  .map((parts) => parts.join(''));

describe('substituteParameters', () => {
  it('never lets a value change the shape of the statement', () => {
    const template =
      "SELECT {x:String}, {t:Identifier}.a, {l:Array(String)} FROM t WHERE b = 'c' -- {x:String}";
    const expected = shape(
      "SELECT _CAST('v', 'String'), `n`.a, _CAST('v', 'Array(String)') FROM t WHERE b = 'c'",
    );
    fc.assert(
      fc.property(fc.oneof(anyText, hostileText), (value) => {
        fc.pre(value !== '\\N');
        expect(shape(substitute(template, { x: value, t: value, l: value }))).toEqual(expected);
      }),
    );
  });

  it('refuses every Map value that is not one literal of constants', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, hostileText), (value) => {
        try {
          const sql = substitute('{m:Map(String, String)}', { m: value });
          const words = significant(tokenize(sql)).filter((one) => one.kind === 'word');
          expect(
            words
              .map((one) => textOf(sql, one))
              .filter((word) => !/^(_CAST|map|null|true|false|nan|inf|infinity)$/i.test(word)),
          ).toEqual([]);
        } catch (thrown) {
          expect(String(thrown)).toMatch(/not a literal of constants|NULL/);
        }
      }),
    );
  });

  it.each([
    ['SELECT {a:UInt8}', { a: '7' }, "SELECT _CAST(7, 'UInt8')"],
    ['SELECT {a:UInt8}', { a: '7) --' }, "SELECT _CAST('7) --', 'UInt8')"],
    ['SELECT { a : String }', { a: String.raw`x\ty` }, "SELECT _CAST('x\ty', 'String')"],
    ['SELECT {a:Nullable(String)}', { a: String.raw`\N` }, "SELECT _CAST(NULL, 'Nullable(String)')"],
    ["SELECT {a:DateTime64(3, 'UTC')}", { a: '0' }, String.raw`SELECT _CAST('0', 'DateTime64(3, \'UTC\')')`],
    [
      'SELECT {a:Array(String)}',
      { a: String.raw`['a\tb']` },
      String.raw`SELECT _CAST('[\'a\\tb\']', 'Array(String)')`,
    ],
    ['SELECT {m:Map(String,UInt8)}', { m: "{'a':1}" }, "SELECT _CAST(map('a',1), 'Map(String,UInt8)')"],
    [
      'SELECT {m:Map(String,Float64)}',
      { m: "{'a': - -1e-5, 'b': -/**/-.5}" },
      "SELECT _CAST(map('a', - -1e-5, 'b', - -.5), 'Map(String,Float64)')",
    ],
    ['SELECT * FROM {t:Identifier}', { t: 'a`b' }, 'SELECT * FROM `a\\`b`'],
  ])('writes %s with %j', (sql, values, expected) => {
    expect(substitute(sql, values)).toBe(expected);
  });

  it.each([
    "'{a:UInt8}'",
    '"{a:UInt8}"',
    '-- {a:UInt8}',
    '/* {a:UInt8} */',
    '$x$ {a:UInt8} $x$',
    "{'a':1}",
    '{a}',
    '{:UInt8}',
  ])('leaves %s alone', (sql) => {
    expect(substitute(sql, {})).toBe(sql);
  });

  it.each(["{'a': 1secret}", "{'a': 1.secret}", "{'a': 0x1g}"])('reads no name in the map %s', (value) => {
    expect(() => substitute('SELECT {m:Map(String, String)}', { m: value })).toThrow('literal of constants');
  });

  it('names the parameter that is missing', () => {
    expect(() => substitute('SELECT {nope:UInt8}', {})).toThrow('Substitution `nope` is not set');
  });

  it('refuses NULL for a type without room for it', () => {
    expect(() => substitute('SELECT {a:UInt8}', { a: String.raw`\N` })).toThrow('not Nullable');
  });
});
