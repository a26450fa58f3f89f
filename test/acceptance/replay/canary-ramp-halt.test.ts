import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import {
  auditOf,
  begin,
  behave,
  decide,
  handIn,
  letterOf,
  manyLetters,
  olga,
  otto,
  received,
  receivedIds,
  until,
} from '../stand/acceptance.ts';

const flow = 'canary-ramp-halt';

const sentOf = async (prefix: string) =>
  (await receivedIds(flow)).filter((messageId) => messageId.startsWith(prefix));

test('one goes first, then five, then ten; too many failures stop it there, and a person may go on', async () => {
  await behave(flow, { messageIds: ['ramp-2', 'ramp-4'], tells: 'dead_lettered' });
  const ids = await handIn(flow, manyLetters('ramp', 20));
  const id = await begin(olga, { filter: { ids } });
  const halted = await until(id, ({ state }) => state === 'halted');
  expect(halted.stages.map(({ size, state }) => `${size} ${state}`)).toEqual([
    '1 passed',
    '5 halted',
    '10 waiting',
    '4 waiting',
  ]);
  expect(halted.haltedWhy).toMatch(/failed or are of unknown outcome; 10 % of 5 are allowed/);
  expect(await sentOf('ramp-')).toHaveLength(6);
  expect(await letterOf(ids[19] ?? '')).toMatchObject({ state: 'open', generation: 0 });
  await decide(otto, id, 'resume');
  const done = await until(id, ({ state }) => state === 'finished');
  expect(done.counts).toMatchObject({ confirmed: 18, refailed: 2 });
  expect(await sentOf('ramp-')).toHaveLength(20);
  expect(await auditOf(id)).toEqual([
    'olga: replays.preview',
    'olga: replays.start',
    'Plumbline: replays.halt',
    'otto: replays.resume',
    'Plumbline: replays.finish',
  ]);
});

test('pause, resume and cancel act within a second, while the target is slow', async () => {
  await behave(flow, { answersAfterMs: 30 });
  const ids = await handIn(flow, manyLetters('slow', 300));
  const id = await begin(olga, { filter: { ids }, stages: [] });
  while ((await sentOf('slow-')).length < 10) await sleep(20);
  await decide(otto, id, 'pause');
  const pausedMs = Date.now();
  await sleep(1200);
  const paused = (await received(flow)).filter(({ messageId }) => messageId.startsWith('slow-'));
  expect(paused.at(-1)?.atMs).toBeLessThan(pausedMs + 1000);
  expect(paused.length).toBeLessThan(300);
  await decide(olga, id, 'resume');
  const resumedMs = Date.now();
  while ((await sentOf('slow-')).length === paused.length) await sleep(20);
  expect(Date.now()).toBeLessThan(resumedMs + 2000);
  await decide(olga, id, 'cancel');
  const cancelledMs = Date.now();
  await sleep(1200);
  const sent = (await received(flow)).filter(({ messageId }) => messageId.startsWith('slow-'));
  expect(sent.at(-1)?.atMs).toBeLessThan(cancelledMs + 1000);
  const end = await until(id, ({ counts }) => counts.confirmed === sent.length);
  expect(end).toMatchObject({ state: 'cancelled', counts: { cancelled: 300 - sent.length, pending: 0 } });
});

test('two replays to one destination share its pace: the rest is left to live traffic', async () => {
  const ids = await handIn('pace', manyLetters('pace', 60));
  const halves = [ids.slice(0, 30), ids.slice(30)];
  const replays = await Promise.all(halves.map((half) => begin(olga, { filter: { ids: half } })));
  for (const id of replays) await until(id, ({ state }) => state === 'finished');
  const times = (await received('pace')).map(({ atMs }) => atMs).toSorted((a, b) => a - b);
  const busiest = Math.max(
    ...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length),
  );
  expect(times).toHaveLength(60);
  // Twenty a second and a tenth of a second's worth that may have waited; a busy machine may bunch a few more.
  expect(busiest).toBeLessThanOrEqual(26);
});
