import { expect, it } from 'vitest';
import { ratio } from './definition.ts';
import { statusOf } from './fold.ts';
import { heardOf } from './heard.ts';

it.each([
  ['1', '4', 0.25],
  ['0', '4', 0],
  ['0', '0', null],
  [undefined, undefined, null],
])('%s of %s is %s', (numerator, denominator, wanted) => expect(ratio(numerator, denominator)).toBe(wanted));

it.each([
  [0.99, { atLeast: 0.99 }, 'met'],
  [0.9899, { atLeast: 0.99 }, 'missed'],
  [0.01, { atMost: 0.01 }, 'met'],
  [0.02, { atMost: 0.01 }, 'missed'],
  [14_400_000, { within: '4h' }, 'met'],
  [14_400_001, { within: '4h' }, 'missed'],
  [null, { atLeast: 0 }, 'no_data'],
] as const)('%s against %j is %s', (value, target, wanted) =>
  expect(statusOf(value, { target })).toBe(wanted),
);

const hourMs = 3_600_000;
const system = (name: string, services: string[]) => ({ name, services });
const catalog = { systems: [system('erp', ['erp-core', 'erp-batch']), system('wms', ['W'])] } as never;
const heard = (service: string, hour: number, hours: number) => ({
  service,
  lastAt: new Date(hour * hourMs).toISOString(),
  hours,
});

it('knows no more than the system that was heard least, and sums hours over systems', () => {
  const rows = [heard('erp-core', 9, 8), heard('erp-batch', 10, 2), heard('W', 7, 4)];
  expect(heardOf(['erp', 'wms'], catalog, rows, 0, 10 * hourMs)).toEqual({
    watermarkMs: 7 * hourMs,
    coverage: 12 / 20,
  });
});

it('knows nothing where a system was never heard', () => {
  expect(heardOf(['erp', 'wms'], catalog, [heard('erp-core', 9, 8)], 0, 10 * hourMs).watermarkMs).toBeNull();
});
