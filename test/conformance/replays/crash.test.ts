import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDeath, mortal, type When } from './crash.ts';
import { addLetters } from './letters.ts';
import { openReplayStand, type ReplayStand } from './replay-stand.ts';

let stand: ReplayStand;
beforeAll(async () => {
  stand = await openReplayStand({
    approvalAbove: 1000,
    perSecond: 10_000,
    haltRatio: 1,
    stages: [1],
    confirmWithin: '10s',
  });
});
afterAll(() => stand.close());

/** Runs one replay of six letters with an engine that dies at a step; another takes over. Answers false: it outlived it. */
async function dieAt(at: number, when: When): Promise<boolean> {
  await stand.clear();
  stand.memory.answer((message, nth) => {
    if (nth % 4 !== 3) stand.telemetry.tell(message.messageId, 'delivered');
    return nth % 4 === 2
      ? { kind: 'unknown', reason: 'the confirm was lost' }
      : { kind: 'accepted', position: null };
  });
  const letters = await addLetters(stand.context.postgres, 6, { perKey: 2 });
  const { id } = await stand.preview({ filter: { flow: 'orders' } });
  await stand.decide(id, 'start');
  const death = createDeath(at, when);
  const { postgres, evidence, transport } = mortal(death, {
    ...stand.ports,
    transport: stand.memory.transport,
  });
  const first = stand.startEngine({
    postgres,
    evidence,
    transports: { of: () => transport, close: () => Promise.resolve() },
  });
  // One message in four is never spoken of: time passes until its outcome is unknown.
  const drive = async (isOver: () => boolean) => {
    const untilMs = performance.now() + 20_000;
    for (;;) {
      const replay = await stand.read(id);
      if (isOver() || replay.state === 'finished') return replay;
      if (performance.now() > untilMs)
        throw new Error(`still ${replay.state} ${JSON.stringify(replay.counts)}`);
      await sleep(10);
      stand.pass(2000);
    }
  };
  await drive(() => death.isDead);
  await first.stop();
  expect(await stand.conserved()).toBe(true);
  const second = stand.startEngine();
  const done = await drive(() => false);
  await second.stop();

  expect(await stand.conserved()).toBe(true);
  expect(done.counts.pending).toBe(0);
  const ids = stand.memory.ids();
  expect(new Set(ids).size, `sent twice: ${ids.join(' ')}`).toBe(ids.length);
  const { rows } = await stand.context.postgres.query<{ message_id: string; state: string; reason: string }>(
    'SELECT message_id, state, reason FROM replay_items',
  );
  expect(rows).toHaveLength(letters.length);
  // Whatever is said to have arrived did, and whatever did not was said to be unknown.
  for (const { message_id, state } of rows) if (!ids.includes(message_id)) expect(state).toBe('unknown');
  return death.isDead;
}

test(
  'an engine may die at any step: nothing is lost, nothing is sent twice, it adds up',
  { timeout: 600_000 },
  async () => {
    // Before and after in turn; later steps repeat what earlier ones do, so they are taken in larger strides.
    let at = 1;
    while (await dieAt(at, at % 2 === 0 ? 'before' : 'after')) at += at < 40 ? 1 : 7;
    expect(at).toBeGreaterThan(40);
  },
);
