import { expect, test } from 'vitest';
import {
  asked,
  begin,
  behave,
  eventually,
  handIn,
  itemsOf,
  letterOf,
  manyLetters,
  olga,
  receivedIds,
  refusal,
  tell,
  until,
} from '../stand/acceptance.ts';

const flow = 'closed-loop';

test('a 200 is no success: without word it becomes unknown, and stays so until telemetry tells, however late', async () => {
  await behave('silence', { tells: 'nothing' });
  const [id = ''] = await handIn('silence', manyLetters('silent', 1));
  const replay = await begin(olga, { filter: { ids: [id] } });
  await until(replay, ({ counts }) => counts.awaitingConfirmation === 1);
  const done = await until(replay, ({ state }) => state === 'finished');
  expect(done.counts).toMatchObject({ confirmed: 0, unknown: 1 });
  expect(await itemsOf(replay)).toMatchObject([
    { state: 'unknown', proof: 'HTTP 200', reason: 'no word from the consumer within 4 s' },
  ]);
  expect(await letterOf(id)).toMatchObject({ state: 'replaying' });
  // Nobody else may take it meanwhile.
  expect(await refusal(olga, '/replays', { filter: { ids: [id] }, reason: 'once more' })).toBe('conflict');
  await tell('silence', 'silent-0', 'SILENT-0');
  await until(replay, ({ counts }) => counts.confirmed === 1 && counts.unknown === 0);
  const [item] = await itemsOf(replay);
  expect(item?.traceId).toMatch(/^[0-9a-f]{32}$/);
  expect((await letterOf(id)).settledWhy).toContain(item?.traceId);
});

test('a 200 after which the consumer fails is a failure', async () => {
  await behave(flow, { tells: 'failed', tellsAfterMs: 200 });
  const [id = ''] = await handIn(flow, manyLetters('failing', 1));
  const replay = await begin(olga, { filter: { ids: [id] } });
  await until(replay, ({ counts }) => counts.refailed === 1);
  expect(await itemsOf(replay)).toMatchObject([{ state: 'refailed', reason: 'TimeoutError' }]);
  expect(await letterOf(id)).toMatchObject({ state: 'open' });
});

test('word about an earlier replay is not word about this one, however soon it follows', async () => {
  await behave(flow, { tells: 'dead_lettered' });
  const [id = ''] = await handIn(flow, manyLetters('soon', 1));
  const first = await begin(olga, { filter: { ids: [id] } });
  await until(first, ({ counts }) => counts.refailed === 1);
  await tell(flow, 'soon-0', 'SOON-0', 'dead_lettered');
  await behave(flow, { tellsAfterMs: 2500 });
  const second = await begin(olga, { filter: { ids: [id] } });
  const done = await until(second, ({ state }) => state === 'finished');
  expect(done.counts).toMatchObject({ confirmed: 1, refailed: 0 });
});

test('a connection that is cut is unknown; a person who looked says once what became of it', async () => {
  await behave(flow, { status: 0, tells: 'nothing' });
  const ids = await handIn(flow, manyLetters('cut', 2));
  const replay = await begin(olga, { filter: { ids } });
  await until(replay, ({ counts }) => counts.unknown === 2);
  const verdict = { verdict: 'not_delivered', reason: 'not in the ERP' };
  await asked(olga, `/replays/${replay}/items/0/verdict`, verdict);
  expect(await refusal(olga, `/replays/${replay}/items/0/verdict`, verdict)).toBe('conflict');
  await asked(olga, `/replays/${replay}/items/1/verdict`, { ...verdict, verdict: 'delivered' });
  expect(await letterOf(ids[0] ?? '')).toMatchObject({ state: 'open' });
  const found = await letterOf(ids[1] ?? '');
  expect(found).toMatchObject({ state: 'resolved' });
  expect(found.settledWhy).toContain('olga found it delivered');
});

test('what arrived although its answer was lost is confirmed by telemetry, and never sent again', async () => {
  await behave(flow, { status: 0, tells: 'delivered' });
  const [id = ''] = await handIn(flow, manyLetters('lost', 1));
  const replay = await begin(olga, { filter: { ids: [id] } });
  await until(replay, ({ counts }) => counts.confirmed === 1);
  expect((await receivedIds(flow)).filter((messageId) => messageId === 'lost-0')).toHaveLength(1);
});

test('a consumer that knew the message already is proof as well', async () => {
  await behave(flow, { tells: 'discarded' });
  const ids = await handIn(flow, manyLetters('known', 1));
  const replay = await begin(olga, { filter: { ids } });
  await until(replay, ({ counts }) => counts.confirmed === 1);
  expect(await itemsOf(replay)).toMatchObject([{ reason: 'the consumer knew it already' }]);
});

test('what succeeded by itself since it died is not sent', async () => {
  await behave(flow);
  const [id = ''] = await handIn(flow, manyLetters('healed', 1));
  await tell(flow, 'healed-0', 'HEALED-0');
  // Whoever is quicker: the preview that shows it as a duplicate, or the letter that settles by itself.
  await eventually(
    () => refusedOrDuplicates(id),
    (is) => is,
  );
  expect(await receivedIds(flow)).not.toContain('healed-0');
});

async function refusedOrDuplicates(id: string): Promise<boolean> {
  const answer = await olga.post('/replays', { filter: { ids: [id] }, reason: 'looks' });
  const { preview } = (answer?.body ?? {}) as { preview?: { duplicates: { count: number } } };
  return answer?.status === 409 || preview?.duplicates.count === 1;
}
