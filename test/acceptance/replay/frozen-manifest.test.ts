import { ReplayItems as Page } from '@plumbline/control-plane/replays/schemas.ts';
import { expect, test } from 'vitest';
import {
  asked,
  auditOf,
  begin,
  decide,
  handIn,
  letterOf,
  manyLetters,
  olga,
  otto,
  preview,
  readReplay,
  receivedIds,
  refusal,
  until,
} from '../stand/acceptance.ts';

const flow = 'frozen-manifest';

test('what was previewed is sent and nothing else: not what came later, not what was settled meanwhile', async () => {
  const letters = manyLetters('frozen', 5);
  const ids = await handIn(flow, letters);
  const seen = await preview(olga, { filter: { flow } });
  const later = await handIn(flow, manyLetters('later', 5));
  await asked(otto, '/dead-letters/actions', {
    filter: { ids: [ids[2]] },
    action: { kind: 'resolve', reason: 'typed in by hand' },
  });
  await decide(olga, seen.id, 'start');
  const done = await until(seen.id, ({ state }) => state === 'finished');
  expect(done.counts).toMatchObject({ items: 5, confirmed: 4, skipped: 1 });
  expect(done.manifestHash).toBe(seen.manifestHash);
  expect((await receivedIds(flow)).toSorted()).toEqual(['frozen-0', 'frozen-1', 'frozen-3', 'frozen-4']);
  for (const id of later) expect(await letterOf(id)).toMatchObject({ state: 'open', generation: 0 });
  expect(await auditOf(seen.id)).toEqual([
    'olga: replays.preview',
    'olga: replays.start',
    'Plumbline: replays.finish',
  ]);
});

test('pages of a manifest neither skip nor repeat while letters come and go', async () => {
  const ids = await handIn(flow, manyLetters('paged', 25));
  const { id } = await preview(olga, { filter: { ids } });
  const shown: string[] = [];
  for (let cursor = ''; ;) {
    const page = await olga.get(`/replays/${id}/items?limit=7${cursor}`, Page);
    shown.push(...page.items.map(({ deadLetterId }) => deadLetterId));
    if (page.nextCursor === null) break;
    cursor = `&cursor=${page.nextCursor}`;
    await handIn(flow, manyLetters(`between-${shown.length}`, 3));
    const settled = ids[shown.length];
    await asked(otto, '/dead-letters/actions', {
      filter: { ids: [settled] },
      action: { kind: 'ignore', reason: 'a test order' },
    });
  }
  expect(shown).toEqual(ids);
});

test('a replay that was decided on before is decided on once', async () => {
  const ids = await handIn(flow, manyLetters('once', 1));
  const id = await begin(olga, { filter: { ids } });
  const { revision } = await readReplay(id);
  expect(await refusal(olga, `/replays/${id}/start`, { revision })).toBe('conflict');
  await until(id, ({ state }) => state === 'finished');
});
