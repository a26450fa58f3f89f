import { compileCatalog } from '@plumbline/model/catalog/compile-catalog.ts';
import { expect, test } from 'vitest';
import { countOrNull, readLetter } from './letter.ts';

const text = `
systems: [{ name: shop, title: Shop, owner: it }, { name: erp, title: ERP, owner: it }]
entities: [{ name: order, title: Order }]
flows:
  - name: orders
    title: Orders
    source: shop
    target: erp
    entity: order
    owner: it
    transport: { kind: http, destination: /orders }
    deadLetters: { messageId: { pointer: /id } }
`;
const compiled = compileCatalog(new Map([['catalog.yaml', text]]));
const at = new Date('2026-11-23T12:00:00Z');

function idOf(id: string, arrivalId = 'a-1'): string {
  if (!compiled.ok || !compiled.catalog.flows[0]) throw new Error(JSON.stringify(compiled));
  const arrival = {
    arrivalId,
    messageId: null,
    body: Buffer.from(JSON.stringify({ id })),
    headers: [],
    key: null,
    partition: null,
    contentType: null,
    originalDestination: null,
    failedAt: null,
    reason: null,
    deliveries: null,
  };
  return readLetter(compiled.catalog, compiled.catalog.flows[0], arrival, at).messageId;
}

test('no id keeps its queue from being taken in: what cannot be stored in one is left out', () => {
  expect(idOf('a\0b')).toBe('ab');
  expect(idOf('a\ud800b')).toBe('a\ufffdb');
  expect(idOf('\0')).not.toBe('');
  expect(idOf('SO-1 "quoted"\n😀')).toBe('SO-1 "quoted"\n😀');
});

test('an id too long for an index is cut, and stays another than one that begins alike', () => {
  const [one, other] = [idOf(`${'é'.repeat(5000)}1`), idOf(`${'é'.repeat(5000)}2`)];
  expect(Buffer.byteLength(one)).toBeLessThan(2000);
  expect(one).not.toBe(other);
  expect(idOf(`${'é'.repeat(5000)}1`)).toBe(one);
});

test.each([
  [null, null],
  [3, 3],
  [1e12, 2_147_483_647],
  [Number.NaN, null],
  [-1, null],
])('a count of %s deliveries is stored as %s', (said, stored) => {
  expect(countOrNull(said)).toBe(stored);
});
