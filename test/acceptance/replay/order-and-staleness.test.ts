import { expect, test } from 'vitest';
import {
  begin,
  behave,
  decide,
  erik,
  eva,
  handIn,
  itemsOf,
  letterOf,
  olga,
  preview,
  received,
  receivedIds,
  tell,
  until,
} from '../stand/acceptance.ts';

const flow = 'order-and-staleness';
const version = (messageId: string, order: string, n: number) => ({
  messageId,
  order,
  fields: { version: n },
});

test('messages of one order go one after the other, oldest first, each once the one before is confirmed', async () => {
  await behave(flow, { tellsAfterMs: 300 });
  const ids = await handIn(flow, [
    version('a-1', 'SERIAL-A', 1),
    version('a-2', 'SERIAL-A', 2),
    version('b-1', 'SERIAL-B', 1),
    version('a-3', 'SERIAL-A', 3),
    version('b-2', 'SERIAL-B', 2),
  ]);
  const id = await begin(olga, { filter: { ids } });
  const done = await until(id, ({ state }) => state === 'finished');
  expect(done.counts).toMatchObject({ confirmed: 5 });
  const sent = await received(flow);
  for (const [key, order] of Object.entries({ a: ['a-1', 'a-2', 'a-3'], b: ['b-1', 'b-2'] })) {
    const own = sent.filter(({ messageId }) => messageId.startsWith(`${key}-`));
    expect(own.map(({ messageId }) => messageId)).toEqual(order);
    for (const [n, { atMs }] of own.entries())
      if (n > 0) expect(atMs - (own[n - 1]?.atMs ?? 0)).toBeGreaterThan(300);
  }
  // Other keys do not wait: the first of each went out together.
  expect(sent.slice(0, 2).map(({ messageId }) => messageId)).toEqual(['a-1', 'b-1']);
});

test('a message that fails again does not hold up the rest of its order for ever', async () => {
  await behave(flow, { messageIds: ['stuck-1'], status: 422, tells: 'nothing' });
  const ids = await handIn(flow, [version('stuck-1', 'STUCK', 1), version('stuck-2', 'STUCK', 2)]);
  const id = await begin(olga, { filter: { ids }, haltRatio: 0.05 });
  const done = await until(id, ({ state }) => state === 'finished' || state === 'halted');
  if (done.state === 'halted') await decide(olga, id, 'resume');
  await until(id, ({ state }) => state === 'finished');
  expect((await itemsOf(id)).map(({ state }) => state)).toEqual(['refailed', 'confirmed']);
});

test('an order that a newer message brought up to date is not turned back, unless an engineer says why', async () => {
  await behave(flow);
  const ids = await handIn(flow, [version('old', 'STALE', 1), version('other', 'FRESH', 1)]);
  const { id } = await preview(olga, { filter: { ids } });
  await tell(flow, 'newer', 'STALE');
  // Once a preview can see it, so can the engine.
  const seen = await olgaSees(ids);
  expect(seen).toContain('STALE');
  await decide(olga, id, 'start');
  const done = await until(id, ({ state }) => state === 'finished');
  expect(done.counts).toMatchObject({ confirmed: 1, skipped: 1 });
  expect(await receivedIds(flow)).not.toContain('old');
  const letter = await letterOf(ids[0] ?? '');
  expect(letter).toMatchObject({ state: 'resolved' });
  expect(letter.settledWhy).toContain('newer');
});

test('forced with a reason and by two engineers, an old message is sent all the same', async () => {
  await behave(flow);
  const ids = await handIn(flow, [version('forced', 'FORCED', 1)]);
  const force = { superseded: true, quarantined: false, reason: 'the ERP was restored from a backup' };
  const { id } = await preview(erik, { filter: { ids }, force });
  await tell(flow, 'newer-still', 'FORCED');
  await decide(erik, id, 'submit');
  await decide(eva, id, 'approve');
  await until(id, ({ counts }) => counts.confirmed === 1);
  expect(await receivedIds(flow)).toContain('forced');
});

/** Keys that a preview shows as overtaken; a letter may be settled by itself before anybody looks. */
async function olgaSees(ids: readonly string[]): Promise<string> {
  for (;;) {
    const letter = await letterOf(ids[0] ?? '');
    if (letter.state === 'resolved') return 'STALE';
    const { superseded } = (await preview(olga, { filter: { ids } })).preview;
    if (superseded.count > 0) return superseded.samples.map(({ key }) => key).join(' ');
  }
}
