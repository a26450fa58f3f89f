import { compileCatalog } from '@plumbline/model/catalog/compile-catalog.ts';
import { expect, test } from 'vitest';
import { maskRules } from '../dead-letters/mask.ts';
import { createEditor, hiddenIn } from './edit.ts';
import { parseExact } from './exact-json.ts';
import { applyPatch, type Operation } from './json-patch.ts';

const text = `
systems: [{ name: shop, title: Shop, owner: it }, { name: erp, title: ERP, owner: it }]
entities: [{ name: order, title: Order, masked: [email, /lines/1/note] }]
flows:
  - name: orders
    title: Orders
    source: shop
    target: erp
    entity: order
    owner: it
    transport: { kind: http, destination: /orders }
    replay: { protectedFields: [/lines/1/price] }
`;

function edited(body: string, ...patch: Operation[]) {
  const compiled = compileCatalog(new Map([['catalog.yaml', text]]));
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.errors));
  const [flow] = compiled.catalog.flows;
  if (!flow) throw new Error('no flow');
  return createEditor(compiled.catalog, flow, patch)(Buffer.from(body));
}

test('a patch of what stands before it moves no protected or hidden field of a list', () => {
  const body = '{"lines":[{"price":1,"note":"a"},{"price":2.50,"note":"b"},{"price":3,"note":"b"}]}';
  expect(edited(body, { op: 'remove', path: '/lines/0' })).toMatchObject({
    ok: false,
    path: '/lines/1/price',
  });
  const even = body.replaceAll(/"price":[\d.]+/g, '"price":2');
  expect(edited(even, { op: 'add', path: '/lines/0', value: { price: 2 } })).toMatchObject({
    ok: false,
    path: '/lines/1/note',
  });
  expect(edited(body, { op: 'replace', path: '/lines/0/price', value: 9 })).toMatchObject({ ok: true });
  expect(edited(body, { op: 'remove', path: '/lines/2' })).toMatchObject({ ok: true });
});

test('a body nested without end is no body that can be edited', () => {
  const deep = '['.repeat(2000) + ']'.repeat(2000);
  expect(edited(`{"a":${deep}}`, { op: 'add', path: '/b', value: 1 })).toMatchObject({ ok: false });
});

test('copies of the whole into itself end before they fill the memory', () => {
  const bomb = Array.from({ length: 60 }, (_, at): Operation => ({
    op: 'copy',
    from: '',
    path: `/b/k${at}`,
  }));
  const done = applyPatch(parseExact(`{"a":"${'x'.repeat(1000)}","b":{}}`), bomb);
  expect(done).toMatchObject({ ok: false, message: 'the copies would make the message too large' });
  expect(applyPatch(parseExact('{"a":{"b":1}}'), [{ op: 'copy', from: '/a', path: '/c' }])).toMatchObject({
    ok: true,
  });
});

const rules = maskRules(['email', '/bank/iban']);
const hidden: readonly (readonly [string, Operation, readonly string[]])[] = [
  ['writes one', { op: 'replace', path: '/contact/Email', value: 'x' }, ['/contact/Email']],
  ['guesses one', { op: 'test', path: '/bank/iban', value: 'DE1' }, ['/bank/iban']],
  ['copies one', { op: 'copy', from: '/email', path: '/note' }, ['/email']],
  ['copies what holds one', { op: 'copy', from: '/bank', path: '/note' }, ['/bank']],
  ['moves one away', { op: 'move', from: '/bank/iban', path: '/note' }, ['/bank/iban']],
  ['brings one along', { op: 'add', path: '/c', value: [{ email: 'x' }] }, ['/c/0/email']],
  ['leaves them alone', { op: 'add', path: '/bank/bic', value: 'x' }, []],
];
test.each(hidden)('a patch that %s', (_name, operation, expected) => {
  expect(hiddenIn(rules, [operation])).toEqual(expected);
});
