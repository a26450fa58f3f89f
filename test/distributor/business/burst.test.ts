import { describe, expect, test } from 'vitest';
import { burstOn, messagesOn } from './burst.ts';
import { createBurstNumbers } from './burst-numbers.ts';
import { arrivalsOfHour, serialsPerHour } from './calendar.ts';
import { flowSpecs } from './flows.ts';

const atMs = Date.UTC(2026, 9, 20, 12, 30);

describe('a burst', () => {
  test.each(flowSpecs.map(({ name }) => name))('puts one message for each number on %s', (flow) => {
    const numbers = createBurstNumbers().take(40, atMs) ?? [];
    const messages = messagesOn(flow, burstOn(flow, 1, numbers, atMs));
    expect(messages).toHaveLength(40);
    expect(new Set(messages.map(({ id }) => id)).size).toBe(40);
    expect(messages.map(({ flow: name }) => name)).toEqual(messages.map(() => flow));
    expect(messages.every(({ cause }) => cause === undefined)).toBe(true);
  });

  test('tells of the orders that it sends', () => {
    const effects = burstOn('edi-order-to-erp', 1, ['74600001'], atMs);
    const facts = effects.flatMap((one) => (one.kind === 'fact' ? [one.fact] : []));
    expect(facts.map(({ name, keys }) => [name, keys[0]])).toEqual([['order.placed', 'order:SO-74600001']]);
  });
});

describe('numbers of bursts', () => {
  test('are none of an arrival, never occur twice and come to an end', () => {
    const numbers = createBurstNumbers();
    const taken = [...(numbers.take(800, atMs) ?? []), ...(numbers.take(800, atMs) ?? [])];
    expect(new Set(taken).size).toBe(1600);
    expect(numbers.take(1, atMs)).toBeUndefined();
    expect(numbers.take(1, atMs + 3_600_000)).toHaveLength(1);
    const hour = Math.floor(atMs / 3_600_000);
    const busy = arrivalsOfHour(1, 16, hour).map(({ number }) => number);
    const next = arrivalsOfHour(1, 16, hour + 1).map(({ number }) => number);
    const twice = busy.slice(0, 480).map((number) => String(Number(number) + serialsPerHour));
    expect([...busy, ...next, ...twice].filter((number) => taken.includes(number))).toEqual([]);
  });
});
