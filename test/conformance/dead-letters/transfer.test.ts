import { randomUUID } from 'node:crypto';
import { storeArrivals } from '@plumbline/control-plane/dead-letters/store.ts';
import type { TransferLetter } from '@plumbline/control-plane/dead-letters/transfer.ts';
import type { Arrival } from '@plumbline/control-plane/transports/port.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openStand, type Stand } from '../api/stand.ts';
import { writeCatalog } from './catalog.ts';

let stand: Stand;
let operator = '';
let engineer = '';
beforeAll(async () => {
  stand = await openStand(await writeCatalog());
  operator = await stand.tokenOf('operator');
  engineer = await stand.tokenOf('engineer');
});
beforeEach(() => clear());
afterAll(() => stand.close());

const clear = () => stand.context.postgres.query('TRUNCATE dead_letters, replays CASCADE');

/** The file as it is sent, and its lines. */
async function exported(query = '') {
  const response = await stand.app.request(`/api/v1/dead-letters/export?${query}`, {
    headers: { authorization: `Bearer ${operator}` },
  });
  expect(response.status).toBe(200);
  const file = await response.text();
  const lines = file.split('\n').filter(Boolean);
  return { file, letters: lines.map((line) => JSON.parse(line) as TransferLetter) };
}

const send = (file: string, token = engineer) =>
  stand.ask('POST', '/dead-letters/import', {
    token,
    body: file,
    headers: { 'content-type': 'application/x-ndjson' },
  });

function store(arrivals: readonly Arrival[]) {
  const flow = stand.context.catalog.current().catalog.flows.find(({ name }) => name === 'orders');
  if (!flow) throw new Error('the catalog has a flow');
  return storeArrivals(
    stand.context,
    flow,
    'broker:erp.orders.dead',
    arrivals.map((arrival) => ({ arrival })),
  );
}

const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array));
const json = fc
  .record({
    order: fc.string({ minLength: 1, maxLength: 8 }),
    total: fc.constantFrom('1.50', 'x'),
    currency: fc.constant('USD'),
  })
  .map((value) => Buffer.from(JSON.stringify(value)));
const header = fc.tuple(
  fc.constantFrom('x-a', 'x-customer', 'traceparent', 'error-type'),
  fc.oneof(bytes, fc.constant(Buffer.from('C-1'))),
);
const anyArrival: fc.Arbitrary<Omit<Arrival, 'arrivalId'>> = fc.record({
  messageId: fc.constantFrom('m1', 'm2', 'm3', null),
  body: fc.oneof(json, bytes, fc.constant(null)),
  headers: fc.array(header, { maxLength: 4 }),
  key: fc.option(bytes),
  partition: fc.option(fc.nat(9)),
  contentType: fc.constantFrom('application/json', null),
  originalDestination: fc.constantFrom('erp.orders', null),
  failedAt: fc.constantFrom(new Date('2026-11-23T10:00:00.123Z'), null),
  reason: fc.constantFrom('rejected', null),
  deliveries: fc.option(fc.nat(20)),
});

it('imports into an empty store exactly what was exported, and changes nothing the second time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyArrival, { minLength: 1, maxLength: 12 }), async (arrivals) => {
      await clear();
      await store(arrivals.map((arrival) => ({ ...arrival, arrivalId: randomUUID() })));
      await stand.context.postgres.query(
        `UPDATE dead_letters SET tags = '{a,b}', state = 'ignored', settled_at = $1, settled_why = 'why', held_back = true WHERE seq % 2 = 0`,
        [stand.clock.now],
      );
      const before = await exported();
      await clear();
      expect((await send(before.file)).body).toEqual({ imported: before.letters.length, known: 0 });
      expect((await exported()).file).toBe(before.file);
      expect((await send(before.file)).body).toEqual({ imported: 0, known: before.letters.length });
      expect((await exported()).file).toBe(before.file);
    }),
    { numRuns: 40 },
  );
});

const arrival = (id: string, more: Partial<Arrival> = {}): Arrival => ({
  arrivalId: id,
  messageId: `m-${id}`,
  body: Buffer.from(JSON.stringify({ order: id, email: 'ann@example.org' })),
  headers: [],
  key: null,
  partition: null,
  contentType: 'application/json',
  originalDestination: null,
  failedAt: null,
  reason: null,
  deliveries: null,
  ...more,
});

it('keeps a message without a body, and one with an empty body, apart and whole', async () => {
  await store([arrival('SO-1', { body: null })]);
  await store([arrival('SO-2', { body: Buffer.alloc(0) })]);
  const { letters } = await exported();
  expect(letters.map(({ messageId, body }) => [messageId, body])).toEqual([
    ['m-SO-1', null],
    ['m-SO-2', ''],
  ]);
});

it('exports what a filter names, whatever its number, and writes down who took it', async () => {
  await store(Array.from({ length: 700 }, (_, n) => arrival(`SO-${n}`)));
  await store([arrival('big', { body: Buffer.alloc(5_000_000, 'x') }), arrival('SO-last')]);
  const { letters } = await exported('flow=orders');
  expect(letters.map(({ messageId }) => messageId)).toEqual([
    ...Array.from({ length: 700 }, (_, n) => `m-SO-${n}`),
    'm-big',
    'm-SO-last',
  ]);
  expect(Buffer.from(letters[700]?.body ?? '', 'base64')).toHaveLength(5_000_000);
  expect((await exported('key=order:SO-7')).letters.map(({ messageId }) => messageId)).toEqual(['m-SO-7']);
  const { body } = await stand.ask('GET', '/audit?action=dead_letters.export', { token: engineer });
  const { items } = body as { items: object[] };
  expect(items[0]).toMatchObject({ actorName: 'operator', detail: { filter: { key: 'order:SO-7' } } });
});

it('gives unmasked bodies to those alone who may see them', async () => {
  const viewer = await stand.tokenOf('viewer');
  await store([arrival('SO-1')]);
  const { file } = await exported();
  expect(Buffer.from((JSON.parse(file) as TransferLetter).body ?? '', 'base64').toString()).toContain('ann@');
  expect((await stand.ask('GET', '/dead-letters/export', { token: viewer })).status).toBe(403);
  expect((await stand.ask('GET', '/dead-letters/export')).status).toBe(401);
  expect((await send(file, operator)).status).toBe(403);
});

it('hides in what it imports what this catalog hides, though the other installation did not', async () => {
  await store([arrival('SO-1')]);
  const [letter] = (await exported()).letters;
  if (!letter) throw new Error('one was exported');
  const { email } = JSON.parse(Buffer.from(letter.body ?? '', 'base64').toString()) as { email: string };
  await clear();
  const said = `nobody is called ${email}`;
  const open = {
    ...letter,
    cause: said,
    errorMessage: said,
    attempts: letter.attempts.map((one) => ({ ...one, errorMessage: said, stack: said, reason: said })),
  };
  expect((await send(JSON.stringify(open))).body).toEqual({ imported: 1, known: 0 });
  const viewer = await stand.tokenOf('viewer');
  for (const path of ['', '/groups', `/${letter.id}`]) {
    const { body } = await stand.ask('GET', `/dead-letters${path}`, { token: viewer });
    expect(JSON.stringify(body)).toContain('nobody is called ••••••');
    expect(JSON.stringify(body)).not.toContain(email);
  }
});

it('imports nothing when one line is wrong, and names each wrong line', async () => {
  await store([arrival('SO-1'), arrival('SO-2')]);
  const [one = '', two = ''] = (await exported()).file.split('\n');
  await clear();
  const wrong = [
    one,
    'no json',
    two.replace('"flow":"orders"', '"flow":"nowhere"'),
    '',
    one,
    two.replace('"open"', '"replaying"'),
  ];
  const answer = await send(wrong.join('\n'));
  expect(answer.status).toBe(400);
  expect(answer.body).toMatchObject({
    errors: [
      { path: 'line 2', message: 'is not JSON' },
      { path: 'line 3', message: 'flow: the catalog declares no flow "nowhere"' },
      { path: 'line 5', message: 'repeats the id of line 1' },
      { path: 'line 6' },
    ],
  });
  expect((await exported()).letters).toEqual([]);
  expect((await send('')).status).toBe(400);
});

it('leaves what is here as it is: by arrival, by message or by id', async () => {
  await store([arrival('SO-1')]);
  const { letters } = await exported();
  const [letter] = letters;
  if (!letter) throw new Error('one was exported');
  await stand.context.postgres.query(`UPDATE dead_letters SET state = 'acknowledged'`);
  const elsewhere = { ...letter, id: randomUUID(), messageId: 'other' };
  const twin = {
    ...letter,
    id: randomUUID(),
    attempts: letter.attempts.map((one) => ({ ...one, arrivalId: 'another' })),
  };
  for (const line of [letter, elsewhere, twin])
    expect((await send(JSON.stringify(line))).body).toEqual({ imported: 0, known: 1 });
  const now = await exported();
  expect(now.letters).toMatchObject([
    { id: letter.id, state: 'acknowledged', attempts: [{}, { arrivalId: 'another' }] },
  ]);
});

it('offers those who may act as assignees, by name and without e-mail', async () => {
  const person = await stand.addPerson('operator', `op-${randomUUID()}@example.org`);
  const viewer = await stand.addPerson('viewer', `look-${randomUUID()}@example.org`);
  const { body } = await stand.ask('GET', '/dead-letters/assignees', { token: operator });
  const { items } = body as { items: object[] };
  expect(items).toContainEqual({ id: person.id, name: person.email });
  expect(JSON.stringify(items)).not.toContain(viewer.id);
  await store([arrival('SO-1')]);
  const assign = (id: string) =>
    stand.ask('POST', '/dead-letters/actions', {
      token: operator,
      json: { filter: { flow: 'orders' }, action: { kind: 'assign', person: id } },
    });
  expect((await assign(viewer.id)).status).toBe(400);
  expect((await assign(person.id)).body).toMatchObject({ changed: 1 });
});
