import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import {
  answerOf,
  asked,
  begin,
  behave,
  decide,
  handIn,
  itemsOf,
  letterOf,
  olga,
  otto,
  preview,
  received,
  refusal,
  tell,
  until,
} from '../stand/acceptance.ts';

const flow = 'versioned-edit';
const mend = [{ op: 'replace', path: '/quantity', value: 3 }];
/** A quantity that the schema of orders does not allow; numbers beside it that a careless parser would change. */
const poisoned = (messageId: string, order: string) => ({
  messageId,
  order,
  body: Buffer.from(`{"order":"${order}","quantity":"3 EA","big":12345678901234567890,"rate":1.10}`),
});

test('an edit is a patch that is checked: protected fields, schema, and what was looked at', async () => {
  const [id = ''] = await handIn(flow, [poisoned('checked', 'CHECKED')]);
  const ask = { filter: { ids: [id] }, reason: 'a unit in the quantity' };
  const change = (op: object) => ({ ...ask, patch: [op] });
  for (const op of [
    { op: 'remove', path: '/order' },
    { op: 'replace', path: '', value: { order: 'ANOTHER', quantity: 1 } },
    { op: 'move', from: '/order', path: '/ordre' },
  ])
    expect(await refusal(olga, '/replays', change(op))).toBe('bad_request');
  const wrong = await preview(olga, change({ op: 'replace', path: '/quantity', value: 0 }));
  expect(wrong.preview.edit).toMatchObject({
    applied: 0,
    refused: 1,
    errors: [{ path: '/quantity', message: expect.stringContaining('must be >= 1') as string }],
  });
  const { revision } = await letterOf(id);
  expect(await answerOf(olga, '/replays', { ...ask, patch: mend, revision })).toMatchObject({ status: 201 });
  await asked(otto, '/dead-letters/actions', { filter: { ids: [id] }, action: { kind: 'acknowledge' } });
  expect(await refusal(olga, '/replays', { ...ask, patch: mend, revision })).toBe('conflict');
});

test('the edited message has an id made of original and edit; the original closes only when that one is confirmed', async () => {
  await behave(flow, { tells: 'nothing' });
  const [id = ''] = await handIn(flow, [poisoned('closing', 'CLOSING')]);
  const replay = await begin(olga, { filter: { ids: [id] }, patch: mend });
  await until(replay, ({ counts }) => counts.awaitingConfirmation === 1);
  const sent = (await received(flow)).at(-1);
  expect(Buffer.from(sent?.bodyBase64 ?? '', 'base64').toString()).toBe(
    '{"order":"CLOSING","quantity":3,"big":12345678901234567890,"rate":1.10}',
  );
  expect(sent?.messageId).toMatch(/^edit-[0-9a-f]{40}$/);
  expect(sent?.rawHeaders).toContain('closing');
  // The consumer's word about the original is not word about the edited copy, which the ERP has not spoken of.
  await tell(flow, 'closing', 'CLOSING', 'dead_lettered');
  await sleep(2500);
  expect(await letterOf(id)).toMatchObject({ state: 'replaying' });
  await tell(flow, sent?.messageId ?? '', 'CLOSING');
  await until(replay, ({ counts }) => counts.confirmed === 1);
  const closed = await letterOf(id);
  expect(closed).toMatchObject({ state: 'resolved' });
  expect(closed.settledWhy).toContain((await itemsOf(replay))[0]?.traceId);
});

test('an edited copy that fails again leaves the original open, as it was', async () => {
  await behave(flow, { tells: 'dead_lettered' });
  const [id = ''] = await handIn(flow, [poisoned('failing', 'FAILING')]);
  const before = await letterOf(id);
  const replay = await begin(olga, { filter: { ids: [id] }, patch: mend });
  await until(replay, ({ counts }) => counts.refailed === 1);
  const after = await letterOf(id);
  expect(after).toMatchObject({ state: 'open', generation: 1 });
  expect(after.body).toEqual(before.body);
});

test('an edit of many is tried on each first, needs a second person, and leaves alone what it does not fit', async () => {
  await behave(flow);
  const ids = await handIn(flow, [
    poisoned('group-1', 'GROUP-1'),
    poisoned('group-2', 'GROUP-2'),
    { messageId: 'group-3', order: 'GROUP-3', body: Buffer.from('no JSON at all') },
  ]);
  const seen = await preview(olga, { filter: { ids }, patch: mend });
  expect(seen).toMatchObject({ needsApproval: true, preview: { edit: { applied: 2, refused: 1 } } });
  expect((await decide(olga, seen.id, 'start')).status).toBe(403);
  await decide(olga, seen.id, 'submit');
  await decide(otto, seen.id, 'approve');
  const done = await until(seen.id, ({ state }) => state === 'finished');
  expect(done.counts).toMatchObject({ confirmed: 2, skipped: 1 });
  expect((await itemsOf(seen.id, 'skipped'))[0]?.reason).toMatch(/^the edit does not fit/);
  expect(await letterOf(ids[2] ?? '')).toMatchObject({ state: 'open' });
});
