import fc from 'fast-check';
import { expect, test } from 'vitest';
import { totalValue } from './value.ts';

test('currencies are summed apart, to the last cent', () => {
  expect(
    totalValue([
      { amount: '0.10', currency: 'USD' },
      { amount: '0.2', currency: 'USD' },
      { amount: '5', currency: 'CAD' },
      { amount: 'much', currency: 'USD' },
    ]),
  ).toEqual([
    { amount: '5', currency: 'CAD' },
    { amount: '0.30', currency: 'USD' },
  ]);
});

test('sums of cents are exact', () => {
  fc.assert(
    fc.property(
      fc.array(fc.bigInt({ min: 0n, max: 10n ** 15n }), { minLength: 1, maxLength: 20 }),
      (cents) => {
        const text = (value: bigint) => `${value / 100n}.${(value % 100n).toString().padStart(2, '0')}`;
        const sum = cents.reduce((a, b) => a + b, 0n);
        expect(totalValue(cents.map((c) => ({ amount: text(c), currency: 'USD' })))).toEqual([
          { amount: text(sum), currency: 'USD' },
        ]);
      },
    ),
  );
});
