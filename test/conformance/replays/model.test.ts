import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allCommands } from './model/commands.ts';
import { checkAll } from './model/invariants.ts';
import { openWorld, type World } from './model/world.ts';

/**
 * PLUMBLINE_MODEL_SECONDS=900 searches for a quarter of an hour; PLUMBLINE_MODEL_SEED and PLUMBLINE_MODEL_PATH run what
 * failed again. Workers wait for nobody's clock but PostgreSQL's, so a seed gives the same commands, and nearly the same steps.
 */
const seconds = Number(process.env['PLUMBLINE_MODEL_SECONDS'] ?? 15);
const seed = Number(process.env['PLUMBLINE_MODEL_SEED'] ?? 4711);
const path = process.env['PLUMBLINE_MODEL_PATH'];

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.stand.close());

/** Whatever happened: when the destination and the consumer are well again, every replay comes to its end. */
async function comeToRest(): Promise<void> {
  for (const place of world.workers.keys()) await world.fire(place);
  const { postgres } = world.stand.context;
  await postgres.query(
    `UPDATE replays SET lease_until = clock_timestamp() - interval '1 s' WHERE lease_owner IS NOT NULL`,
  );
  world.setMoods(['accepts']);
  const engine = world.startEngine();
  try {
    await letAllEnd();
  } finally {
    await engine.stop();
  }
  expect(await world.stand.conserved()).toBe(true);
}

async function letAllEnd(): Promise<void> {
  const untilMs = performance.now() + 15_000;
  for (;;) {
    for (const { messageId, letterId } of world.deliveries.splice(0))
      world.tell(messageId, 'delivered', world.before.letters.get(letterId)?.key ?? null);
    const { replays, items } = await world.snapshot();
    const rest = [...replays.values()].filter(({ state }) =>
      ['running', 'paused', 'halted', 'scheduled'].includes(state),
    );
    const busy = [...items.values()].filter(({ state }) => state === 'sending' || state === 'sent');
    if (rest.length === 0 && busy.length === 0) return;
    if (performance.now() > untilMs) {
      const still = rest.map(({ id, state }) => `${id} is ${state}`).join(', ');
      throw new Error(
        `no end: ${still} ${busy.map(({ replayId, state }) => `${replayId} ${state}`).join(', ')}`,
      );
    }
    for (const { id, state, revision } of rest)
      if (state === 'paused' || state === 'halted')
        await world.stand.ask('POST', `/replays/${id}/resume`, { ...world.people.bob, json: { revision } });
    world.stand.pass(5000);
    await sleep(10);
  }
}

test(
  'whatever people, workers, brokers and consumers do in whatever order: it adds up, and nothing is sent that must not be',
  { timeout: (seconds + 120) * 1000 },
  async () => {
    let sequences = 0;
    let commands = 0;
    const endsMs = performance.now() + seconds * 1000;
    await fc.assert(
      fc.asyncProperty(fc.commands(allCommands, { maxCommands: 60, size: 'max' }), async (run) => {
        await world.reset();
        await fc.asyncModelRun(() => ({ model: {}, real: world }), run);
        checkAll(world, await world.snapshot(), 'person');
        await comeToRest();
        sequences += 1;
        commands += Array.from(run).length;
      }),
      {
        seed,
        ...(path === undefined ? {} : { path }),
        numRuns: 100_000,
        interruptAfterTimeLimit: endsMs - performance.now(),
        markInterruptAsFailure: false,
        skipAllAfterTimeLimit: (seconds + 60) * 1000,
        endOnFailure: false,
      },
    );
    const seen = [...world.seen]
      .toSorted(([, a], [, b]) => b - a)
      .map(([what, times]) => `${times} × ${what}`);
    console.log(`${sequences} sequences, ${commands} commands\n${seen.join('\n')}`);
    expect(sequences).toBeGreaterThan(0);
  },
);
