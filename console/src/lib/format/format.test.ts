import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { duration } from './duration.ts';
import { money, moneys } from './money.ts';
import { count, counted, noData, percent, perMinute } from './number.ts';

describe('duration', () => {
  test.each([
    [null, noData],
    [0, '0 ms'],
    [0.0004, '1 µs'],
    [0.82, '820 µs'],
    [5, '5 ms'],
    [12.44, '12.4 ms'],
    [999, '999 ms'],
    [1250, '1.25 s'],
    [59_960, '1 min'],
    [200_000, '3 min 20 s'],
    [7_500_000, '2 h 5 min'],
    [100_800_000, '1 d 4 h'],
    [-300_000, '−5 min'],
  ])('%s ms is %s', (ms, text) => expect(duration(ms)).toBe(text));
});

describe('numbers', () => {
  test('no data never reads as nought', () => {
    for (const of of [count, percent, perMinute]) expect(of(null)).toBe(noData);
  });
  test.each([
    [0, '0%'],
    [0.00001, '<0.01%'],
    [0.0312, '3.1%'],
    [0.002, '0.20%'],
    [0.99999, '>99.99%'],
    [1, '100%'],
  ])('share %s is %s', (ratio, text) => expect(percent(ratio)).toBe(text));
  test('only nought is 0 % and only all is 100 %', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true }), (ratio) => {
        expect(['0%', '100%', '0.00%', '100.0%', '100.00%']).not.toContain(percent(ratio));
      }),
    );
  });
  test('counts', () => {
    expect(count(12_345)).toBe('12,345');
    expect(count(3_400_000)).toBe('3.4M');
    expect(counted(1, 'message')).toBe('1 message');
    expect(counted(2, 'message')).toBe('2 messages');
    expect(perMinute(0.25)).toBe('0.25/min');
    expect(perMinute(14.2)).toBe('14/min');
  });
});

describe('money', () => {
  test.each([
    ['1234567.5', '1,234,567.50 USD'],
    ['-12.345', '−12.345 USD'],
    ['90071992547409931.10', '90,071,992,547,409,931.10 USD'],
    ['not a number', 'not a number USD'],
  ])('%s', (amount, text) => expect(money(amount, 'USD')).toBe(text));
  test('currencies stay apart', () =>
    expect(
      moneys([
        { amount: '1', currency: 'USD' },
        { amount: '2', currency: 'CAD' },
      ]),
    ).toBe('1.00 USD + 2.00 CAD'));
});
