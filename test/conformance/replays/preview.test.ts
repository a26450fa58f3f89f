import { randomUUID } from 'node:crypto';
import type { ReplayDetail, ReplayItem } from '@plumbline/control-plane/replays/schemas.ts';
import type { z } from 'zod';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { codeOf, openStand, type Stand } from '../api/stand.ts';
import { addLetters, writeCatalog } from './letters.ts';

let stand: Stand;
let token = '';

beforeAll(async () => {
  stand = await openStand(await writeCatalog({ approvalAbove: 2, consumers: ['reporting'] }));
  token = await stand.tokenOf('operator');
});
beforeEach(() => stand.context.postgres.query('TRUNCATE dead_letters, replays CASCADE'));
afterAll(() => stand.close());

const preview = (json: object) =>
  stand.ask('POST', '/replays', { token, json: { reason: 'the ERP is back', ...json } });

test('a preview freezes what the filter names, and says what sending it would reach', async () => {
  const letters = await addLetters(stand.context.postgres, 3, { perKey: 2 });
  await addLetters(stand.context.postgres, 2, { state: 'ignored' });
  const answer = await preview({ filter: { flow: 'orders' } });
  expect(answer.status).toBe(201);
  const replay = answer.body as ReplayDetail;
  expect(replay).toMatchObject({
    state: 'previewed',
    needsApproval: true,
    counts: { items: 3, pending: 3, confirmed: 0 },
    destination: 'erp.orders',
    may: ['submit', 'cancel'],
    mayNot: [{ action: 'start' }],
    preview: {
      items: 3,
      leftOut: [{ reason: 'ignored', count: 2 }],
      businessKeys: 2,
      values: [{ amount: '31.5', currency: 'USD' }],
      otherConsumers: ['reporting'],
      systems: [
        { name: 'erp', role: 'target' },
        { name: 'carrier', role: 'downstream', exposure: 'partner' },
        { name: 'shop', role: 'observer' },
      ],
      promises: { reachable: false },
    },
  });
  await addLetters(stand.context.postgres, 5);
  const items = (await stand.ask('GET', `/replays/${replay.id}/items?limit=2`, { token })).body as {
    items: z.infer<typeof ReplayItem>[];
    nextCursor: string;
  };
  const rest = await stand.ask('GET', `/replays/${replay.id}/items?limit=2&cursor=${items.nextCursor}`, {
    token,
  });
  const shown = [...items.items, ...(rest.body as typeof items).items];
  expect(shown.map(({ deadLetterId }) => deadLetterId)).toEqual(letters.map(({ id }) => id));
  expect(rest.body).toMatchObject({ nextCursor: null });
});

test('the manifest cannot be changed, and its hash is of ids and payloads alone', async () => {
  const [letter] = await addLetters(stand.context.postgres, 1);
  const ask = { filter: { ids: [letter?.id] } };
  const first = (await preview(ask)).body as ReplayDetail;
  const second = (await preview(ask)).body as ReplayDetail;
  expect(second.manifestHash).toBe(first.manifestHash);
  expect(second.approvalHash).toBe(first.approvalHash);
  const paced = (await preview({ ...ask, perSecond: 1 })).body as ReplayDetail;
  expect(paced.manifestHash).toBe(first.manifestHash);
  expect(paced.approvalHash).not.toBe(first.approvalHash);
  await expect(
    stand.context.postgres.query("UPDATE replay_manifests SET dead_letters = '{}' WHERE replay_id = $1", [
      first.id,
    ]),
  ).rejects.toThrow('frozen');
});

test('an edit is tried on the messages, against schema and protected fields', async () => {
  await addLetters(stand.context.postgres, 2, { prefix: 'e' });
  const filter = { flow: 'orders' };
  const good = await preview({ filter, patch: [{ op: 'replace', path: '/quantity', value: 3 }] });
  expect(good.body).toMatchObject({ preview: { edit: { applied: 2, refused: 0 } } });
  const bad = await preview({ filter, patch: [{ op: 'replace', path: '/quantity', value: 0 }] });
  expect(bad.body).toMatchObject({
    preview: { edit: { applied: 0, refused: 2, errors: [{ path: '/quantity' }, { path: '/quantity' }] } },
  });
  const forbidden = await preview({ filter, patch: [{ op: 'remove', path: '/order' }] });
  expect([forbidden.status, codeOf(forbidden)]).toEqual([400, 'bad_request']);
  const around = await preview({ filter, patch: [{ op: 'replace', path: '', value: {} }] });
  expect(codeOf(around)).toBe('bad_request');
});

test('an edit of what changed since it was looked at is refused', async () => {
  const [letter] = await addLetters(stand.context.postgres, 1);
  const ask = { filter: { ids: [letter?.id] }, patch: [{ op: 'replace', path: '/quantity', value: 3 }] };
  expect((await preview({ ...ask, revision: 1 })).status).toBe(201);
  await stand.context.postgres.query('UPDATE dead_letters SET revision = 2');
  expect(codeOf(await preview({ ...ask, revision: 1 }))).toBe('conflict');
});

test.each([
  [{ filter: {} }, 'bad_request'],
  [{ filter: { ids: [randomUUID()] } }, 'not_found'],
  [{ filter: { flow: 'orders' } }, 'conflict'],
  [{ filter: { flow: 'nowhere' } }, 'not_found'],
  [{ filter: { flow: 'shipments' } }, 'conflict'],
  [{ filter: { flow: 'orders' }, destination: 'elsewhere' }, 'bad_request'],
  [{ filter: { flow: 'orders' }, perSecond: 5000 }, 'bad_request'],
  [{ filter: { flow: 'orders' }, force: { superseded: true, reason: 'because' } }, 'forbidden'],
])('%j is refused with %s', async (json, code) => {
  expect(codeOf(await preview(json))).toBe(code);
});

test('a quarter of a million messages are frozen in moments', async () => {
  for (let from = 1; from <= 250_000; from += 25_000) {
    await stand.context.postgres.query(
      `INSERT INTO dead_letters (id, flow, message_id, state, cause, error_type, error_message, failed_at, arrived_at, payload_hash,
         body_bytes, keys, value, currency, trace_id, span_id)
       SELECT gen_random_uuid(), 'orders', 'big-' || n, 'open', 'Timeout', 'Timeout', 'no answer', now(), now(), sha256(int8send(n)),
         1000, ARRAY['order:big-' || n / 3], 10, 'USD', '', '' FROM generate_series($1::bigint, $1 + 24999) AS n`,
      [from],
    );
  }
  const startMs = performance.now();
  const answer = await preview({ filter: { flow: 'orders' } });
  const tookMs = performance.now() - startMs;
  expect(answer.body).toMatchObject({
    counts: { items: 250_000, pending: 250_000 },
    preview: { businessKeys: 83_334 },
  });
  // A guard against the wrong kind of plan on a busy machine; the figure itself comes from `npm run bench:replay`.
  expect(tookMs).toBeLessThan(15_000);
});
