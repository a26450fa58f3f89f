import fc from 'fast-check';
import { expect, it } from 'vitest';
import { causeOf } from './cause.ts';

it.each([
  [{ type: 'SchemaError', message: '/quantity is "3 CS12"', stack: '' }, 'SchemaError: /quantity is <text>'],
  [{ type: '', message: 'order SO-1001 has 3 lines', stack: '' }, 'order <id> has <number> lines'],
  [{ type: '503', message: '', stack: '' }, '503'],
  [{ type: '', message: '', stack: '' }, 'unknown'],
  [
    {
      type: 'TypeError',
      message: 'x is not a function',
      stack:
        'TypeError: x\n    at node:internal/process:1:2\n    at accept (/srv/erp/orders.js:14:9)\n    at run (/srv/erp/main.js:3:1)',
    },
    'TypeError at accept',
  ],
])('%j fails because of %j', (error, cause) => {
  expect(causeOf(error)).toBe(cause);
});

it('does not change with ids, numbers, times and quoted texts', () => {
  const parts = fc.record({
    id: fc.uuid(),
    order: fc.nat().map((number) => `SO-${number}`),
    amount: fc.nat(),
    name: fc.stringMatching(/^[a-z ]{0,20}$/),
    at: fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
  });
  const say = ({
    id,
    order,
    amount,
    name,
    at,
  }: {
    id: string;
    order: string;
    amount: number;
    name: string;
    at: Date;
  }) => `Message ${id} of order ${order} for "${name}" over ${amount} was refused at ${at.toISOString()}`;
  fc.assert(
    fc.property(parts, parts, (one, other) => {
      expect(causeOf({ type: 'E', message: say(one), stack: '' })).toBe(
        causeOf({ type: 'E', message: say(other), stack: '' }),
      );
    }),
  );
});

it('ends on hostile texts too', () => {
  const started = performance.now();
  for (const message of ['"'.repeat(50_000), 'a1'.repeat(50_000), '1,'.repeat(50_000), '-'.repeat(50_000)])
    expect(causeOf({ type: message, message, stack: `at ${message}` }).length).toBeLessThanOrEqual(300);
  expect(performance.now() - started).toBeLessThan(2000);
});
