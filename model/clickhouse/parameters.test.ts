import { describe, expect, it } from 'vitest';
import { checkParameters } from './parameters.ts';

describe('checkParameters', () => {
  it.each([
    ['{a:String}', { a: 'x' }],
    ['{a:Array(String)}', { a: ['x'] }],
    ['{a:UInt64}', { a: 12n }],
    ['{a:Nullable(Int32)}', { a: null }],
    ['{a:DateTime64(3)} {b:DateTime}', { a: new Date(0), b: '2026-11-01 10:00:00' }],
    ['{a:Decimal(38, 6)}', { a: '12.50' }],
    ["SELECT '{not a parameter}'", {}],
  ])('accepts what fits %s', (sql, params) => {
    expect(checkParameters(sql, params)).toBeUndefined();
  });

  it.each([
    ['{a:String}', {}, 'parameter a is missing'],
    ['{a:String}', { a: 1 }, 'parameter a is not of type String'],
    ['{a:UInt8}', { a: '1; DROP TABLE t' }, 'parameter a is not of type UInt8'],
    ['{a:Array(UInt8)}', { a: ['x'] }, 'parameter a is not of type Array(UInt8)'],
    ['SELECT 1', { a: 1 }, 'parameter a is not in the SQL'],
  ])('refuses for %s %o', (sql, params, problem) => {
    expect(checkParameters(sql, params)).toBe(problem);
  });
});
