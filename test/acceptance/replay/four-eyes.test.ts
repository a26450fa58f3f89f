import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  ada,
  auditOf,
  decide,
  handIn,
  manyLetters,
  olga,
  otto,
  preview,
  readReplay,
  received,
  refusal,
  tokenOf,
  until,
} from '../stand/acceptance.ts';

const flow = 'four-eyes';

async function submitted(prefix: string, person = olga, ask: object = {}) {
  const ids = await handIn(flow, manyLetters(prefix, 3));
  const seen = await preview(person, { filter: { ids }, ...ask });
  expect(seen.needsApproval).toBe(true);
  expect((await decide(person, seen.id, 'start')).status).toBe(403);
  await decide(person, seen.id, 'submit');
  return readReplay(seen.id);
}

test('whoever asked cannot approve, nor any token behind which they stand; somebody else can', async () => {
  const own = await tokenOf(ada, 'admin');
  const tokenOfToken = await tokenOf(own, 'operator');
  const doors = [ada, own, tokenOfToken];
  for (const [n, asking] of doors.entries()) {
    const { id, revision, approvalHash } = await submitted(`door-${n}`, asking);
    for (const approving of doors)
      expect(await refusal(approving, `/replays/${id}/approve`, { revision, approvalHash })).toBe(
        'forbidden',
      );
    expect((await decide(olga, id, 'approve')).status).toBe(200);
    await until(id, ({ state }) => state === 'finished');
  }
});

test('an approval is of exactly what was looked at: any change makes another hash, and voids it', async () => {
  const { id, revision, approvalHash } = await submitted('bound');
  const again = { filter: { ids: (await manifestOf(id)).toSorted() } };
  const changes: readonly object[] = [
    { perSecond: 5 },
    { stages: [1] },
    { haltRatio: 0.01 },
    { patch: [{ op: 'replace', path: '/quantity', value: 2 }] },
    { scheduledFor: new Date(Date.now() + 3_600_000).toISOString() },
    { filter: { ids: again.filter.ids.slice(0, 2) } },
  ];
  const hashes = new Set([approvalHash]);
  for (const change of changes) hashes.add((await preview(olga, { ...again, ...change })).approvalHash);
  expect(hashes.size).toBe(changes.length + 1);
  for (const wrong of [...hashes].slice(1))
    expect(await refusal(otto, `/replays/${id}/approve`, { revision, approvalHash: wrong })).toBe('conflict');
  expect(await refusal(otto, `/replays/${id}/approve`, { revision })).toBe('bad_request');
  const stale = { revision: revision - 1, approvalHash };
  expect(await refusal(otto, `/replays/${id}/approve`, stale)).toBe('conflict');
  expect((await decide(otto, id, 'approve')).status).toBe(200);
  const done = await until(id, ({ state }) => state === 'finished');
  expect(done).toMatchObject({ requestedBy: { name: 'olga' }, decidedBy: { name: 'otto' } });
  expect(await auditOf(id)).toEqual([
    'olga: replays.preview',
    'olga: replays.submit',
    'otto: replays.approve',
    'Plumbline: replays.finish',
  ]);
});

test('a request may be more careful than the policy of its flow, never less', async () => {
  const ids = await handIn(flow, manyLetters('careless', 3));
  for (const careless of [{ perSecond: 1001 }, { haltRatio: 0.5 }, { destination: '/flows/elsewhere' }])
    expect(await refusal(olga, '/replays', { filter: { ids }, reason: 'faster', ...careless })).toBe(
      'bad_request',
    );
});

test('nothing is sent that was refused or taken back', async () => {
  const { id } = await submitted('refused');
  expect((await decide(otto, id, 'reject')).status).toBe(200);
  expect((await decide(otto, id, 'approve')).status).toBe(409);
  const other = await submitted('taken-back');
  await decide(olga, other.id, 'cancel');
  expect((await decide(otto, other.id, 'approve')).status).toBe(409);
  const sent = (await received(flow)).map(({ messageId }) => messageId);
  expect(sent.filter((messageId) => /^(refused|taken-back)/.test(messageId))).toEqual([]);
});

test('whoever may only look is kept from every route that changes something, without exception', async () => {
  const viewer = await tokenOf(ada, 'viewer');
  const { id } = await submitted('looked-at');
  const { paths } = await olga.get(
    '/openapi.json',
    z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) }),
  );
  const changing = Object.entries(paths).flatMap(([path, methods]) =>
    'post' in methods && /\/(replays|dead-letters)/.test(path) ? [path] : [],
  );
  expect(changing.length).toBeGreaterThan(10);
  for (const path of changing) {
    const target = path.replace('/api/v1', '').replace('{id}', id).replace('{position}', '0');
    expect(`${target}: ${await refusal(viewer, target, {})}`).toBe(`${target}: forbidden`);
  }
  await decide(olga, id, 'cancel');
});

async function manifestOf(id: string): Promise<string[]> {
  const Page = z.object({ items: z.array(z.object({ deadLetterId: z.string() })) });
  return (await olga.get(`/replays/${id}/items?limit=100`, Page)).items.map(
    ({ deadLetterId }) => deadLetterId,
  );
}
