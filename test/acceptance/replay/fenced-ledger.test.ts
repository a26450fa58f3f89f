import { expect, test } from 'vitest';
import {
  answerOf,
  begin,
  behave,
  decide,
  handIn,
  itemsOf,
  letterOf,
  manyLetters,
  olga,
  otto,
  preview,
  readReplay,
  received,
  receivedIds,
  until,
} from '../stand/acceptance.ts';

const flow = 'fenced-ledger';

test('of fifty requests at once for the same letters, as a group, one by one and edited, one wins each letter', async () => {
  const letters = manyLetters('fenced', 20);
  const ids = await handIn(flow, letters);
  const patch = [{ op: 'replace', path: '/quantity', value: 2 }];
  const replays = await Promise.all(
    Array.from({ length: 50 }, async (_, n) => {
      const person = n % 2 === 0 ? olga : otto;
      const one = [ids[n % ids.length]];
      const ask =
        [{ filter: { ids } }, { filter: { ids: one } }, { filter: { ids: one }, patch }][n % 3] ?? {};
      const { id } = await preview(person, ask);
      return { id, person };
    }),
  );
  await Promise.all(replays.map(({ id, person }) => decide(person, id, 'start')));
  for (const { id } of replays) await until(id, ({ state }) => state === 'finished');
  const origins = (await received(flow)).map(({ rawHeaders }) =>
    headerOf(rawHeaders, 'plumbline-dead-letter'),
  );
  expect(origins.toSorted()).toEqual(ids.toSorted());
  const items = (await Promise.all(replays.map(({ id }) => itemsOf(id)))).flat();
  expect(items.filter(({ state }) => state === 'confirmed')).toHaveLength(ids.length);
  expect(items.every(({ state }) => state === 'confirmed' || state === 'skipped')).toBe(true);
  for (const id of ids) expect(await letterOf(id)).toMatchObject({ state: 'resolved', generation: 1 });
}, 90_000);

test('of ten people who start one replay at once, one is heard', async () => {
  const ids = await handIn(flow, manyLetters('started', 3));
  const { id, revision } = await preview(olga, { filter: { ids } });
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, n) =>
      answerOf(n % 2 === 0 ? olga : otto, `/replays/${id}/start`, { revision }),
    ),
  );
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array<number>(9).fill(409)]);
  await until(id, ({ state }) => state === 'finished');
  expect((await receivedIds(flow)).filter((messageId) => messageId.startsWith('started-'))).toHaveLength(3);
});

test('a second replay of a message that failed again is no repetition: it is sent, under a key of its own', async () => {
  await behave(flow, { messageIds: ['again-0'], tells: 'dead_lettered' });
  const ids = await handIn(flow, manyLetters('again', 1));
  const first = await begin(olga, { filter: { ids } });
  await until(first, ({ counts }) => counts.refailed === 1);
  expect(await letterOf(ids[0] ?? '')).toMatchObject({ state: 'open', generation: 1 });
  await behave(flow);
  const second = await begin(olga, { filter: { ids } });
  await until(second, ({ counts }) => counts.confirmed === 1);
  const sent = (await received(flow)).filter(({ messageId }) => messageId === 'again-0');
  expect(sent.map(({ rawHeaders }) => headerOf(rawHeaders, 'idempotency-key'))).toEqual([
    'again-0:1',
    'again-0:2',
  ]);
});

test('what was decided is kept before it is answered: a replay that is started is running for everybody', async () => {
  const ids = await handIn(flow, manyLetters('kept', 1));
  const { id } = await preview(olga, { filter: { ids } });
  const { body } = await decide(olga, id, 'start');
  expect(body).toMatchObject({ state: 'running' });
  expect((await readReplay(id)).state).toMatch(/running|finished/);
  await until(id, ({ state }) => state === 'finished');
});

function headerOf(rawHeaders: readonly string[], name: string): string {
  return rawHeaders[rawHeaders.findIndex((one, n) => n % 2 === 0 && one.toLowerCase() === name) + 1] ?? '';
}
