import { expect, test } from 'vitest';
import {
  asked,
  begin,
  behave,
  decide,
  erik,
  eva,
  handIn,
  itemsOf,
  letterOf,
  manyLetters,
  olga,
  otto,
  preview,
  receivedIds,
  refusal,
  until,
} from '../stand/acceptance.ts';

const flow = 'poison-breaker';
const force = { superseded: false, quarantined: true, reason: 'the mapping in the ERP was mended' };

test('what failed three replays with one cause is quarantined; to force it takes two engineers and a reason', async () => {
  await behave(flow, { status: 422, tells: 'nothing' });
  const letters = manyLetters('poison', 1);
  const [id = ''] = await handIn(flow, letters);
  for (let nth = 1; nth <= 3; nth += 1) {
    const replay = await begin(nth % 2 === 0 ? otto : olga, { filter: { ids: [id] } });
    await until(replay, ({ counts }) => counts.refailed === 1);
    expect((await itemsOf(replay))[0]).toMatchObject({ generation: nth, reason: 'HTTP 422: {}' });
  }
  const fourth = await begin(olga, { filter: { ids: [id] } });
  await until(fourth, ({ counts }) => counts.skipped === 1);
  expect(await letterOf(id)).toMatchObject({ state: 'quarantined', generation: 3 });
  expect(await receivedIds(flow)).toHaveLength(3);

  // Another hand-over of the same message sets no counter back.
  expect(await handIn(flow, letters)).toEqual([id]);
  expect(await letterOf(id)).toMatchObject({ state: 'quarantined', generation: 3 });

  const ask = { filter: { ids: [id] }, reason: 'try it again' };
  expect(await refusal(olga, '/replays', ask)).toBe('conflict');
  expect(await refusal(olga, '/replays', { ...ask, force })).toBe('forbidden');
  expect(await refusal(erik, '/replays', { ...ask, force: { quarantined: true } })).toBe('bad_request');
  const release = {
    filter: { ids: [id], state: 'quarantined' },
    action: { kind: 'release', reason: 'mended' },
  };
  expect(await refusal(olga, '/dead-letters/actions', release)).toBe('forbidden');

  await behave(flow);
  const forced = await preview(erik, { ...ask, force });
  expect(forced).toMatchObject({ needsApproval: true, force: { reason: force.reason } });
  await decide(erik, forced.id, 'submit');
  expect((await decide(erik, forced.id, 'approve')).status).toBe(403);
  expect((await decide(otto, forced.id, 'approve')).status).toBe(403);
  expect((await decide(eva, forced.id, 'approve')).status).toBe(200);
  await until(forced.id, ({ counts }) => counts.confirmed === 1);
  expect(await letterOf(id)).toMatchObject({ state: 'resolved', generation: 4 });
});

test('one message that cannot be delivered does not stop the others', async () => {
  await behave(flow, { messageIds: ['batch-3'], status: 400, tells: 'nothing' });
  const ids = await handIn(flow, manyLetters('batch', 20));
  const id = await begin(olga, { filter: { ids } });
  const done = await until(id, ({ state }) => state === 'finished');
  expect(done.counts).toMatchObject({ confirmed: 19, refailed: 1 });
  expect(await itemsOf(id, 'refailed')).toMatchObject([{ messageId: 'batch-3', reason: 'HTTP 400: {}' }]);
});

test('an engineer lets a letter out of quarantine, with a reason that stays', async () => {
  await behave(flow, { status: 422, tells: 'nothing' });
  const [id = ''] = await handIn(flow, manyLetters('released', 1));
  for (let nth = 0; nth < 4; nth += 1) {
    const replay = await begin(olga, { filter: { ids: [id] } });
    await until(replay, ({ state }) => state === 'finished');
  }
  expect(await letterOf(id)).toMatchObject({ state: 'quarantined' });
  await asked(erik, '/dead-letters/actions', {
    filter: { ids: [id], state: 'quarantined' },
    action: { kind: 'release', reason: 'the schema was rolled back' },
  });
  expect(await letterOf(id)).toMatchObject({ state: 'open' });
});
