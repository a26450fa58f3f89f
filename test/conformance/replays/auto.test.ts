import { autoReplay } from '@plumbline/control-plane/replays/auto.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { addLetters } from './letters.ts';
import { openReplayStand, type ReplayStand } from './replay-stand.ts';

let stand: ReplayStand;
beforeAll(async () => {
  stand = await openReplayStand({
    approvalAbove: 5,
    auto: [{ causes: ['timeout'], after: '1m', maxGenerations: 1, maxPerHour: 8 }],
  });
});
beforeEach(() => stand.context.postgres.query('TRUNCATE dead_letters, replays CASCADE'));
afterAll(() => stand.close());

const round = () => autoReplay(stand.context, stand.telemetry.evidence);
const replays = async () => {
  const { rows } = await stand.context.postgres.query<{
    items: number;
    state: string;
    requested_by: string;
    reason: string;
  }>('SELECT items, state, requested_by, reason FROM replays ORDER BY seq');
  return rows;
};

test('a rule replays what is transient: no more than needs no approval, and than an hour allows', async () => {
  await addLetters(stand.context.postgres, 20, { failedAt: new Date(stand.clock.now.getTime() - 120_000) });
  await round();
  expect(await replays()).toEqual([
    { items: 5, state: 'running', requested_by: 'plumbline', reason: 'Rule 1 of orders: timeout' },
  ]);
  await round();
  expect(await replays()).toHaveLength(1);
  await stand.context.postgres.query("UPDATE replays SET state = 'finished'");
  await round();
  await stand.context.postgres.query("UPDATE replays SET state = 'finished'");
  await round();
  expect((await replays()).map(({ items }) => items)).toEqual([5, 3]);
  stand.pass(3_600_001);
  await round();
  expect((await replays()).map(({ items }) => items)).toEqual([5, 3, 5]);
});

test('a rule leaves alone what is young, of another cause, or was replayed often enough', async () => {
  await addLetters(stand.context.postgres, 1, { failedAt: new Date(stand.clock.now.getTime() - 30_000) });
  await round();
  expect(await replays()).toEqual([]);
  stand.pass(60_000);
  await stand.context.postgres.query('UPDATE dead_letters SET generation = 1');
  await round();
  await stand.context.postgres.query("UPDATE dead_letters SET generation = 0, cause = 'NotAnOrder'");
  await round();
  expect(await replays()).toEqual([]);
  await stand.context.postgres.query("UPDATE dead_letters SET cause = 'TimeoutError at post'");
  await round();
  expect(await replays()).toHaveLength(1);
});
