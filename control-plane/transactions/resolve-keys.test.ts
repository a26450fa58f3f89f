import { Process } from '@plumbline/model/catalog/schema.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findLeads, resolveKeys, type ReadLinks } from './resolve-keys.ts';

const processOf = (name: string, lead: string, entities: string[]) =>
  Process.parse({
    name,
    title: name,
    owner: 'sales',
    lead,
    entities,
    milestones: [{ name: 'begun', title: 'Begun', event: `${lead}.begun`, system: 'erp' }],
  });
const sale = processOf('sale', 'order', ['order', 'shipment', 'invoice', 'payment', 'ledger']);
const giveBack = processOf('give-back', 'return', ['return', 'order', 'refund']);

/** Reads pairs in both directions, and counts the reads. */
function graph(pairs: readonly (readonly [string, string])[]) {
  const both = pairs.flatMap(([a, b]) => [
    { key: a, linked: b },
    { key: b, linked: a },
  ]);
  let reads = 0;
  const readLinks: ReadLinks = (keys) => {
    reads += 1;
    return Promise.resolve(both.filter(({ key }) => keys.includes(key)));
  };
  return { readLinks, reads: () => reads };
}

const shop: [string, string][] = [
  ['order:1', 'shipment:1'],
  ['shipment:1', 'invoice:1'],
  ['invoice:1', 'payment:1'],
  ['order:2', 'shipment:2'],
  ['order:1', 'customer:9'],
  ['order:2', 'customer:9'],
];
const resolve = async (key: string, pairs = shop, keysMax = 100) => {
  const { lead, keys } = await resolveKeys(key, [sale, giveBack], graph(pairs).readLinks, keysMax);
  return [lead, ...[...keys].sort()];
};

describe('resolveKeys', () => {
  it.each(['order:1', 'shipment:1', 'invoice:1', 'payment:1'])('finds the whole run from %s', async (key) => {
    expect(await resolve(key)).toEqual(['order:1', 'invoice:1', 'order:1', 'payment:1', 'shipment:1']);
  });

  it('does not let a customer join two orders, and knows no run of a customer', async () => {
    expect(await resolve('order:2')).toEqual(['order:2', 'order:2', 'shipment:2']);
    expect(await resolve('customer:9')).toEqual([undefined, 'customer:9']);
  });

  it('shares an invoice of two orders, but does not pass through it to the other order', async () => {
    const pairs: [string, string][] = [...shop, ['order:2', 'invoice:1']];
    expect(await resolve('order:2', pairs)).toEqual([
      'order:2',
      'invoice:1',
      'order:2',
      'payment:1',
      'shipment:2',
    ]);
  });

  it('does not let the ledger entry of a day join its orders', async () => {
    const pairs: [string, string][] = [
      ['order:1', 'payment:1'],
      ['order:2', 'payment:2'],
      ['payment:1', 'ledger:7'],
      ['payment:2', 'ledger:7'],
    ];
    expect(await resolve('order:1', pairs)).toEqual(['order:1', 'ledger:7', 'order:1', 'payment:1']);
  });

  it('goes first by the process that a key leads', async () => {
    const pairs: [string, string][] = [
      ['order:1', 'return:1'],
      ['return:1', 'refund:1'],
    ];
    expect(await resolve('order:1', pairs)).toEqual(['order:1', 'order:1']);
    expect(await resolve('refund:1', pairs)).toEqual(['return:1', 'order:1', 'refund:1', 'return:1']);
  });

  it('stays within its bounds in any graph, leads first, without a foreign entity', async () => {
    const key = fc
      .tuple(fc.constantFrom('order', 'shipment', 'invoice', 'customer'), fc.nat(12))
      .map(([entity, id]) => `${entity}:${id}`);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(key, key), { maxLength: 80 }), key, async (pairs, start) => {
        const { readLinks, reads } = graph(pairs);
        const { lead, keys } = await resolveKeys(start, [sale], readLinks, 10);
        expect(keys.length).toBeLessThanOrEqual(10);
        expect(new Set(keys).size).toBe(keys.length);
        expect(keys).toContain(start);
        expect(reads()).toBeLessThanOrEqual(7);
        if (lead) {
          expect(keys[0]).toBe(lead);
          expect(keys.filter((one) => one.startsWith('order:')).length).toBe(1);
          expect(keys.some((one) => one.startsWith('customer:'))).toBe(false);
        }
      }),
    );
  });
});

it('finds the leads of many keys with as many reads as of one', async () => {
  const { readLinks, reads } = graph(shop);
  const leads = await findLeads(
    ['payment:1', 'invoice:1', 'shipment:2', 'order:2', 'customer:9'],
    [sale],
    readLinks,
    100,
  );
  expect(
    Object.fromEntries([...leads].map(([key, found]) => [key, found.map((lead) => lead.key).join()])),
  ).toEqual({
    'payment:1': 'order:1',
    'invoice:1': 'order:1',
    'shipment:2': 'order:2',
    'order:2': 'order:2',
  });
  expect(reads()).toBe(3);
});

it('finds every run of a number that was used twice', async () => {
  const twice: [string, string][] = [
    ['order:1', 'shipment:1'],
    ['order:2', 'shipment:1'],
  ];
  const leads = await findLeads(['shipment:1'], [sale], graph(twice).readLinks, 100);
  expect(leads.get('shipment:1')?.map(({ key }) => key)).toEqual(['order:1', 'order:2']);
});
