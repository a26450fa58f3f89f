import fc from 'fast-check';
import { expect, test } from 'vitest';
import { probeOf } from './probe-for-tests.ts';
import type { ProbeRun } from './run-probe.ts';
import { createSchedule, nextTurnMs, phaseMs } from './schedule.ts';

test('a turn comes after now, within one interval, at the phase of the probe', () => {
  fc.assert(
    fc.property(
      fc.nat(2 ** 41),
      fc.integer({ min: 5000, max: 86_400_000 }),
      fc.string(),
      (nowMs, everyMs, name) => {
        const phase = phaseMs(name, everyMs);
        expect(phase).toBeLessThan(everyMs);
        const turn = nextTurnMs(nowMs, everyMs, phase);
        expect(turn).toBeGreaterThan(nowMs);
        expect(turn - nowMs).toBeLessThanOrEqual(everyMs);
        expect((turn - phase) % everyMs).toBe(0);
      },
    ),
  );
});

test('probes of one interval are spread over it', () => {
  const tenths = new Set(
    Array.from({ length: 60 }, (_, index) => Math.floor(phaseMs(`erp-${index}`, 60_000) / 6000)),
  );
  expect(tenths.size).toBe(10);
});

/** A schedule on a clock of its own; runs end when they are told to. */
function stage(given: { leader?: () => boolean; atOnceMax?: number; random?: () => number } = {}) {
  let nowMs = Date.UTC(2026, 10, 23);
  const begun: { name: string; atMs: number; end: () => void }[] = [];
  const leftOut: string[] = [];
  const schedule = createSchedule({
    run: (probe) => {
      const ended = Promise.withResolvers<void>();
      begun.push({ name: probe.name, atMs: nowMs, end: () => ended.resolve() });
      return { run: ended.promise.then(() => ({ probe: probe.name }) as ProbeRun), settled: ended.promise };
    },
    onRun: () => undefined,
    onLeftOut: ({ name }) => leftOut.push(name),
    isLeader: given.leader ?? (() => true),
    now: () => nowMs,
    random: given.random ?? (() => 0),
    atOnceMax: given.atOnceMax ?? 10,
  });
  const pass = async (seconds: number): Promise<void> => {
    for (let step = 0; step < seconds * 4; step += 1) {
      nowMs += 250;
      schedule.tick();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { schedule, begun, leftOut, pass };
}

const tcp = { kind: 'tcp' as const, host: 'erp', port: 80 };

test('each interval has one run, with any jitter', async () => {
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), async (draws) => {
      const { schedule, begun, pass } = stage({ random: () => draws.next().value as number });
      schedule.replace([probeOf(tcp, { name: 'one', every: '10s' })]);
      for (let round = 0; round < 12; round += 1) {
        await pass(10);
        for (const run of begun) run.end();
      }
      expect(begun.length).toBeGreaterThanOrEqual(11);
      expect(begun.length).toBeLessThanOrEqual(13);
    }),
    { numRuns: 10 },
  );
});

test('a run that hangs is not overlapped, and goes on once it has let go', async () => {
  const { schedule, begun, leftOut, pass } = stage();
  schedule.replace([probeOf(tcp, { name: 'one', every: '10s' })]);
  await pass(35);
  expect(begun.length).toBe(1);
  expect(leftOut.length).toBeGreaterThanOrEqual(2);
  begun[0]?.end();
  await pass(20);
  expect(begun.length).toBe(2);
});

test('no more than so many run at once, and the others follow', async () => {
  const { schedule, begun, pass } = stage({ atOnceMax: 2 });
  schedule.replace(['a', 'b', 'c', 'd'].map((name) => probeOf(tcp, { name, every: '10s' })));
  await pass(11);
  expect(begun.length).toBe(2);
  for (const run of begun) run.end();
  await pass(1);
  expect(new Set(begun.map(({ name }) => name)).size).toBe(4);
});

test('only the leader runs', async () => {
  let leader = false;
  const { schedule, begun, pass } = stage({ leader: () => leader });
  schedule.replace([probeOf(tcp, { name: 'one', every: '10s' })]);
  await pass(30);
  expect(begun).toEqual([]);
  leader = true;
  await pass(11);
  expect(begun.length).toBe(1);
});

test('a new catalog keeps the turns of what it left alone', async () => {
  const { schedule, begun, pass } = stage();
  const one = probeOf(tcp, { name: 'one', every: '1h' });
  schedule.replace([one]);
  await pass(1);
  for (let round = 0; round < 8; round += 1) {
    await pass(600);
    schedule.replace([one, probeOf(tcp, { name: `two-${round}`, every: '1d' })]);
  }
  expect(begun.filter(({ name }) => name === 'one').length).toBeGreaterThanOrEqual(1);
});
