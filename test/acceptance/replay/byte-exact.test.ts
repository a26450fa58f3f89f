import { expect, test } from 'vitest';
import {
  begin,
  behave,
  handIn,
  letterOf,
  olga,
  preview,
  decide,
  otto,
  received,
  refusal,
  until,
} from '../stand/acceptance.ts';

const flow = 'byte-exact';
const bytes = Buffer.from([0, 1, 2, 255, 254, 13, 10, 0, 195, 40]);

test('body, duplicate headers, case and bytes beyond ASCII arrive as they were; every header that is added is declared', async () => {
  const headers: [string, string][] = [
    ['X-Twice', 'one'],
    ['x-twice', 'two'],
    ['X-Name', 'Zoë & Søn'],
    ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
    ['X-Empty', ''],
  ];
  const [id] = await handIn(flow, [
    {
      messageId: 'exact',
      order: 'EXACT',
      body: bytes,
      more: { headers, contentType: 'application/octet-stream' },
    },
  ]);
  const replay = await begin(olga, { filter: { ids: [id] } });
  await until(replay, ({ counts }) => counts.confirmed === 1);
  const [sent] = await received(flow);
  expect(Buffer.from(sent?.bodyBase64 ?? '', 'base64')).toEqual(bytes);
  const pairs = pairsOf(sent?.rawHeaders ?? []);
  const kept = pairs.filter(([name]) => headers.some(([own]) => own === name));
  expect(kept).toEqual(headers);
  const added = pairs.filter(([name]) => !headers.some(([own]) => own === name)).map(([name]) => name);
  expect(added.toSorted()).toEqual([
    'Connection',
    'content-length',
    'content-type',
    'host',
    'idempotency-key',
    'message-id',
    'plumbline-dead-letter',
    'plumbline-generation',
    'plumbline-replay',
  ]);
  expect(new Map(pairs).get('content-type')).toBe('application/octet-stream');
});

test('who looks sees dots, the target gets the true bytes; dots can never be sent', async () => {
  const body = Buffer.from('{ "order": "MASKED",\n  "quantity": 1, "card": "4111 1111" }');
  const [id = ''] = await handIn(flow, [
    { messageId: 'masked', order: 'MASKED', body, more: { headers: [['x-card', '4111']] } },
  ]);
  const seen = await letterOf(id);
  expect(JSON.stringify(seen)).not.toContain('4111');
  const shown = JSON.parse(seen.body.text ?? '') as Record<string, unknown>;
  expect(shown['card']).toMatch(/^•+$/);
  const ask = { filter: { ids: [id] }, reason: 'an edit of what was seen' };
  for (const op of [
    { op: 'replace', path: '', value: shown },
    { op: 'replace', path: '/card', value: shown['card'] },
    { op: 'add', path: '/payment', value: { deep: [shown['card']] } },
  ])
    expect(await refusal(olga, '/replays', { ...ask, patch: [op] })).toBe('bad_request');
  const replay = await begin(olga, { filter: { ids: [id] } });
  await until(replay, ({ counts }) => counts.confirmed === 1);
  const sent = (await received(flow)).find(({ messageId }) => messageId === 'masked');
  expect(Buffer.from(sent?.bodyBase64 ?? '', 'base64')).toEqual(body);
  expect(new Map(pairsOf(sent?.rawHeaders ?? [])).get('x-card')).toBe('4111');
});

test('an edit of what is seen leaves what is hidden as it was', async () => {
  const body = Buffer.from('{"order":"BESIDE","quantity":1,"card":"4111"}');
  const [id] = await handIn(flow, [{ messageId: 'beside', order: 'BESIDE', body }]);
  const patch = [{ op: 'replace', path: '/quantity', value: 2 }];
  const replay = await begin(olga, { filter: { ids: [id] }, patch });
  await until(replay, ({ counts }) => counts.confirmed === 1);
  const sent = (await received(flow)).at(-1);
  expect(Buffer.from(sent?.bodyBase64 ?? '', 'base64').toString()).toBe(
    '{"order":"BESIDE","quantity":2,"card":"4111"}',
  );
});

test('a replay goes where its policy says and nowhere else: one consumer, or a redirect that the policy lists', async () => {
  await behave('byte-exact-retry', { tells: 'nothing' });
  const ids = await handIn(flow, [{ messageId: 'redirected', order: 'REDIRECTED' }]);
  const ask = { filter: { ids }, reason: 'to the retry queue' };
  expect(await refusal(olga, '/replays', { ...ask, destination: '/flows/canary-ramp-halt' })).toBe(
    'bad_request',
  );
  const { id } = await preview(olga, { ...ask, destination: '/flows/byte-exact-retry' });
  await decide(olga, id, 'start');
  await until(id, ({ counts }) => counts.awaitingConfirmation === 1);
  expect((await received('byte-exact-retry')).map(({ messageId }) => messageId)).toEqual(['redirected']);
  expect((await received(flow)).map(({ messageId }) => messageId)).not.toContain('redirected');
  await decide(otto, id, 'cancel');
});

function pairsOf(rawHeaders: readonly string[]): [string, string][] {
  return Array.from({ length: rawHeaders.length / 2 }, (_, n) => [
    rawHeaders[2 * n] ?? '',
    // Node reads header bytes as latin1; ours were UTF-8.
    Buffer.from(rawHeaders[2 * n + 1] ?? '', 'latin1').toString('utf8'),
  ]);
}
