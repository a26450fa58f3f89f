import type { ReplayDetail } from '@plumbline/control-plane/replays/schemas.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { codeOf } from '../api/stand.ts';
import { addLetters } from './letters.ts';
import { openReplayStand, type ReplayStand } from './replay-stand.ts';

let stand: ReplayStand;
let ada = '';
let adasToken = '';
let bob = '';

beforeAll(async () => {
  stand = await openReplayStand({ approvalAbove: 1 });
  ({ cookie: ada } = await stand.addPerson('admin', 'ada@example.com'));
  ({ cookie: bob } = await stand.addPerson('operator', 'bob@example.com'));
  adasToken = await tokenOf({ cookie: ada }, 'admin');
});
beforeEach(() => stand.context.postgres.query('TRUNCATE dead_letters, replays CASCADE'));
afterAll(() => stand.close());

type By = { readonly cookie?: string; readonly token?: string };

async function tokenOf(by: By, role: string): Promise<string> {
  const made = await stand.ask('POST', '/tokens', { ...by, json: { name: 'script', role } });
  return (made.body as { secret: string }).secret;
}

async function submitted(by: By): Promise<ReplayDetail> {
  await addLetters(stand.context.postgres, 3);
  const made = await stand.ask('POST', '/replays', {
    ...by,
    json: { filter: { flow: 'orders' }, reason: 'the ERP is back' },
  });
  const { id, revision } = made.body as ReplayDetail;
  return (await stand.ask('POST', `/replays/${id}/submit`, { ...by, json: { revision } }))
    .body as ReplayDetail;
}
const approve = (by: By, { id, revision, approvalHash }: ReplayDetail) =>
  stand.ask('POST', `/replays/${id}/approve`, { ...by, json: { revision, approvalHash } });

test('nobody approves what they asked for, by whatever door', async () => {
  const tokenOfToken = await tokenOf({ token: adasToken }, 'operator');
  const doors: By[] = [{ cookie: ada }, { token: adasToken }, { token: tokenOfToken }];
  for (const asking of doors) {
    const replay = await submitted(asking);
    for (const approving of doors) expect(codeOf(await approve(approving, replay))).toBe('forbidden');
    const looked = await stand.ask('GET', `/replays/${replay.id}`, { cookie: ada });
    expect(looked.body).toMatchObject({ mayNot: [{ action: 'approve' }] });
    expect((await approve({ cookie: bob }, replay)).body).toMatchObject({
      state: 'running',
      decidedBy: { name: 'bob@example.com' },
    });
    await stand.context.postgres.query('TRUNCATE dead_letters, replays CASCADE');
  }
});

test('an approval is of what was looked at, and of nothing else', async () => {
  const replay = await submitted({ cookie: ada });
  const other = { ...replay, approvalHash: '0'.repeat(64) };
  expect(codeOf(await approve({ cookie: bob }, other))).toBe('conflict');
  const without = { json: { revision: replay.revision }, cookie: bob };
  expect(codeOf(await stand.ask('POST', `/replays/${replay.id}/approve`, without))).toBe('bad_request');
  expect(codeOf(await approve({ cookie: bob }, { ...replay, revision: replay.revision - 1 }))).toBe(
    'conflict',
  );
});

test('of ten people who decide at once one is heard', async () => {
  const replay = await submitted({ cookie: ada });
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, n) =>
      n % 2 === 0
        ? approve({ cookie: bob }, replay)
        : stand.ask('POST', `/replays/${replay.id}/reject`, {
            cookie: bob,
            json: { revision: replay.revision },
          }),
    ),
  );
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(9);
});

test('every decision is in the audit log with its actor and reason', async () => {
  const { id, revision } = await submitted({ cookie: ada });
  await stand.ask('POST', `/replays/${id}/reject`, { cookie: bob, json: { revision, reason: 'not today' } });
  const log = await stand.ask('GET', `/audit?target=replay:${id}`, { cookie: ada });
  expect(log.body).toMatchObject({
    items: [
      { action: 'replays.reject', actorName: 'bob@example.com', detail: { reason: 'not today' } },
      { action: 'replays.submit', actorName: 'ada@example.com' },
      { action: 'replays.preview', actorName: 'ada@example.com' },
    ],
  });
});

test('a preview that nobody decided on is gone after a day, others stay', async () => {
  const kept = await submitted({ cookie: ada });
  const left = await stand.preview({ filter: { flow: 'orders' } });
  stand.pass(24 * 3_600_000 + 1000);
  const engine = stand.startEngine();
  const untilMs = performance.now() + 5000;
  const status = async (id: string) =>
    (await stand.ask('GET', `/replays/${id}`, { token: stand.operator })).status;
  while ((await status(left.id)) === 200 && performance.now() < untilMs);
  await engine.stop();
  expect([await status(left.id), await status(kept.id)]).toEqual([404, 200]);
});
