import { afterAll, beforeAll, expect, test } from 'vitest';
import { addLetters } from './letters.ts';
import { openReplayStand, type ReplayStand } from './replay-stand.ts';

let stand: ReplayStand;
beforeAll(async () => {
  stand = await openReplayStand({ approvalAbove: 100, stages: [], perSecond: 10_000, haltRatio: 1 });
});
afterAll(() => stand.close());

const begin = async () => {
  const { id } = await stand.preview({ filter: { flow: 'orders' } });
  await stand.decide(id, 'start');
  return id;
};

test('a failure from just before a quick second replay is no word about that replay; its own failure is', async () => {
  const [letter] = await addLetters(stand.context.postgres, 1);
  const messageId = letter?.messageId ?? '';
  const engine = stand.startEngine();
  const first = await begin();
  await stand.until(first, ({ counts }) => counts.awaitingConfirmation === 1);
  stand.pass(60_000);
  stand.telemetry.tell(messageId, 'dead_lettered');
  await stand.until(first, ({ state, counts }) => state === 'finished' && counts.refailed === 1);

  // Within the two seconds by which clocks of consumers may be behind.
  stand.pass(1000);
  const second = await begin();
  await stand.until(second, ({ counts }) => counts.awaitingConfirmation === 1);
  stand.pass(100);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect((await stand.read(second)).counts).toMatchObject({ refailed: 0, awaitingConfirmation: 1 });

  stand.telemetry.tell(messageId, 'dead_lettered');
  await stand.until(second, ({ state, counts }) => state === 'finished' && counts.refailed === 1);

  stand.pass(1000);
  const third = await begin();
  await stand.until(third, ({ counts }) => counts.awaitingConfirmation === 1);
  stand.telemetry.tell(messageId, 'delivered');
  await stand.until(third, ({ state, counts }) => state === 'finished' && counts.confirmed === 1);
  await engine.stop();
});
