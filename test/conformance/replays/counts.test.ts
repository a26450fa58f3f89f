import { keepCounts } from '@plumbline/control-plane/replays/keep-counts.ts';
import { inTransaction } from '@plumbline/model/postgres/pool.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { addLetters } from './letters.ts';
import { openReplayStand, type ReplayStand } from './replay-stand.ts';

let stand: ReplayStand;
beforeAll(async () => {
  stand = await openReplayStand({ approvalAbove: 100, stages: [], perSecond: 10_000, haltRatio: 1 });
});
beforeEach(async () => {
  await stand.context.postgres.query('TRUNCATE dead_letters, replays CASCADE');
  stand.memory.received.splice(0);
});
afterAll(() => stand.close());

const kept = async () => {
  const { rows } = await stand.context.postgres.query<{ counts: Record<string, number> | null }>(
    'SELECT counts FROM replays',
  );
  return rows[0]?.counts ?? null;
};
/** A replay of four messages: two delivered, one refused, one of unknown outcome. */
async function finished(): Promise<string> {
  await addLetters(stand.context.postgres, 4);
  stand.memory.answer((message, nth) => {
    if (nth < 2) stand.telemetry.tell(message.messageId, 'delivered');
    return nth < 2 ? { kind: 'accepted', position: null } : { kind: 'unknown', reason: 'lost' };
  });
  const { id } = await stand.preview({ filter: { flow: 'orders' } });
  await stand.decide(id, 'start');
  const engine = stand.startEngine();
  await stand.until(id, ({ state }) => state === 'finished');
  await engine.stop();
  await keepCounts(stand.context.postgres);
  return id;
}

test('counts of a replay that is over are kept, say what the ledger says, and a verdict voids them', async () => {
  const id = await finished();
  expect(await kept()).toMatchObject({ touched: 4, confirmed: 2, unknown: 2, under_way: 0 });
  const before = await stand.read(id);
  expect(before.counts).toMatchObject({ items: 4, confirmed: 2, unknown: 2, pending: 0 });
  const json = { verdict: 'delivered', reason: 'looked in the ERP' };
  const told = await stand.ask('POST', `/replays/${id}/items/2/verdict`, { token: stand.operator, json });
  expect(told.body).toMatchObject({ counts: { confirmed: 3, unknown: 1 } });
  expect(await kept()).toBeNull();
  expect(await keepCounts(stand.context.postgres)).toBe(1);
  expect(await kept()).toMatchObject({ confirmed: 3, unknown: 1 });
  expect((await stand.read(id)).counts).toMatchObject({ confirmed: 3, unknown: 1 });
  expect(await keepCounts(stand.context.postgres)).toBe(0);
});

test('what is cancelled after it was counted is counted as cancelled', async () => {
  await addLetters(stand.context.postgres, 3);
  const { id } = await stand.preview({ filter: { flow: 'orders' } });
  await stand.decide(id, 'start');
  await stand.decide(id, 'pause');
  await keepCounts(stand.context.postgres);
  expect((await stand.read(id)).counts).toMatchObject({ pending: 3, cancelled: 0 });
  await stand.decide(id, 'cancel');
  expect((await stand.read(id)).counts).toMatchObject({ pending: 0, cancelled: 3 });
});

test('a count waits for whoever touches the ledger, so it is never of the moment before', async () => {
  const id = await finished();
  const { postgres } = stand.context;
  await postgres.query('UPDATE replays SET counts = NULL');
  let counting: Promise<number> | undefined;
  await inTransaction(postgres, async (on) => {
    await on.query("UPDATE replay_items SET state = 'refailed' WHERE replay_id = $1 AND state = 'unknown'", [
      id,
    ]);
    counting = keepCounts(postgres);
    await new Promise((resolve) => setTimeout(resolve, 200));
  });
  expect(await counting).toBe(1);
  expect(await kept()).toMatchObject({ refailed: 2, unknown: 0 });
});

test('two who settle messages of a counted replay at once do not wait for each other for ever', async () => {
  const id = await finished();
  const { postgres } = stand.context;
  const settle = (position: number) =>
    postgres.query("UPDATE replay_items SET state = 'refailed' WHERE replay_id = $1 AND position = $2", [
      id,
      position,
    ]);
  await Promise.all([0, 1, 2, 3].map(settle));
  expect(await kept()).toBeNull();
  await keepCounts(postgres);
  expect(await kept()).toMatchObject({ refailed: 4 });
});
