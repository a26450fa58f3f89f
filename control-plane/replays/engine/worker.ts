import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../../log.ts';
import { chunkSize } from '../freeze.ts';
import type { Bucket } from './bucket.ts';
import { endWork, type Held, passStage, releaseLease, renewLease } from './lease.ts';
import { createLine, createStep } from './line.ts';
import { recover } from './ledger.ts';
import { readChunk } from './letters.ts';
import type { EnginePorts, EngineSettings } from './ports.ts';
import { deliver } from './deliver.ts';
import { createPreparer } from './prepare.ts';
import { readInFlight, readProgress } from './progress.ts';
import { createQueue, type Waiting } from './queue.ts';
import { haltReason, type Stage, stageAt } from './stages.ts';
import { watchForWord } from './word.ts';

const idleMs = 50;
const countEveryMs = 200;
const reconcileEveryMs = 1000;
const unparkEveryMs = 500;
/** Messages that wait for their key before no more of the manifest is read. */
const waitingMax = 20_000;

export interface WorkOptions {
  readonly ports: EnginePorts;
  readonly settings: EngineSettings;
  readonly held: Held;
  /** Of the destination, shared by all replays to it; and of this replay. */
  readonly buckets: readonly Bucket[];
  /** Aborted by a decision of a person, by the loss of the lease, or when the process stops. */
  readonly stop: AbortSignal;
  readonly changed: () => void;
}

/** Works on one replay until it ends, halts or is taken away. @throws what the stores throw; the lease then runs out. */
export async function work(options: WorkOptions): Promise<void> {
  const { ports, settings, held } = options;
  const lost = new AbortController();
  const decided = new AbortController();
  const stop = AbortSignal.any([options.stop, lost.signal, decided.signal]);
  const renewing = keep(ports, settings, held, lost, decided);
  try {
    const recovered = await recover(ports.postgres, held, ports.now());
    if (recovered > 0) {
      ports.log.warn('sends whose answer was lost are of unknown outcome', { replay: held.id, recovered });
      options.changed();
    }
    if (held.state === 'running') await run({ ...options, stop });
    if (!lost.signal.aborted) await releaseLease(ports.postgres, held);
  } finally {
    renewing.stop();
    options.changed();
  }
}

/**
 * Renews the lease; when it is lost, or cannot be renewed before it ends, the work stops. So it does when somebody paused or
 * cancelled the replay in another process.
 */
function keep(
  ports: EnginePorts,
  { leaseMs }: EngineSettings,
  held: Held,
  lost: AbortController,
  decided: AbortController,
) {
  let untilMs = performance.now() + leaseMs;
  const renew = async () => {
    const askedMs = performance.now();
    const state = await renewLease(ports.postgres, held, leaseMs);
    if (state === undefined) lost.abort();
    else untilMs = askedMs + leaseMs;
    if (state !== held.state) decided.abort();
  };
  const timer = setInterval(() => {
    if (performance.now() > untilMs) lost.abort();
    renew().catch((error: unknown) =>
      ports.log.warn('a lease could not be renewed', { replay: held.id, ...describeError(error) }),
    );
  }, leaseMs / 3);
  return { stop: () => clearInterval(timer) };
}

async function run(outer: WorkOptions): Promise<void> {
  const { ports, settings, held } = outer;
  const over = new AbortController();
  const stop = AbortSignal.any([outer.stop, over.signal]);
  const options = { ...outer, stop };
  const queue = createQueue(held.serial);
  const preparer = createPreparer(ports, held);
  const reconcile = async () => {
    reconciledMs = performance.now();
    if (!held.serial) return;
    const inFlight = await readInFlight(ports.postgres, held.id);
    queue.reconcile(inFlight);
  };
  let through = held.stage;
  let chunk = 0;
  let hasNews = true;
  let reconciledMs = 0;
  let countedMs = Number.NEGATIVE_INFINITY;
  let unparkedMs = 0;
  const chunks = Math.ceil(held.items / chunkSize);

  const fill = async () => {
    while (chunk < chunks && queue.size < waitingMax) {
      const items = await readChunk(ports.postgres, held.id, chunk);
      chunk += 1;
      queue.add(items);
      if (items.length > 0) return;
    }
  };
  const word = watchForWord(ports, settings, held, (verdicts) => {
    for (const verdict of verdicts) queue.free(verdict);
    hasNews = true;
    options.changed();
  });
  // Counting the ledger of a long stage takes a while, so it is done when it can have changed, and not for every batch.
  const isProgressDue = (isRest: boolean) => {
    const nowMs = performance.now();
    const isDue = (hasNews && (!isRest || nowMs - countedMs >= countEveryMs)) || nowMs - countedMs >= 1000;
    if (!isDue) return false;
    hasNews = false;
    countedMs = nowMs;
    return true;
  };

  const line = createLine(settings.batchesMax);
  const steps = { prepare: createStep(), claim: createStep(), send: createStep() };
  let haltedWhy: string | undefined;
  const halt = (why: string | undefined) => {
    haltedWhy ??= why;
    over.abort();
  };
  const deliverNext = (batch: readonly Waiting[]) =>
    line.start(async () => {
      const outcome = await deliver(options, steps, preparer, batch, queue);
      hasNews = true;
      options.changed();
      if (outcome !== 'sent') halt(outcome === 'lost' ? undefined : outcome);
    });
  /** Answers whether the replay goes on. */
  const lookAtStage = async (staged: Stage | undefined, stage: Stage): Promise<boolean> => {
    const progress = await readProgress(ports.postgres, held.id, stage);
    const isSettled = progress.confirmed + progress.failed + progress.skipped === stage.end - stage.from;
    if (!staged && isSettled) {
      await endWork(ports.postgres, held, { state: 'finished', why: null, at: ports.now() });
      return false;
    }
    const why = staged ? haltReason(stage, progress, held.haltRatio) : undefined;
    if (why !== undefined) halt(why);
    else if (staged && isSettled) {
      if (!(await passStage(ports.postgres, held, stage.end))) return false;
      through = stage.end;
      hasNews = true;
      options.changed();
    }
    return true;
  };

  await reconcile();
  try {
    while (!stop.aborted) {
      word.look();
      line.check();
      const staged = stageAt(held.stages, held.items, through);
      // Past the last stage only stragglers are left: put back by a halt that somebody forgave.
      const stage = staged ?? { from: 0, end: held.items, isRest: true };
      if (isProgressDue(stage.isRest)) {
        if (!(await lookAtStage(staged, stage))) return;
        if (through === stage.end && staged) continue;
      }
      if (stop.aborted) break;
      if (line.isFull) {
        await line.room();
        continue;
      }
      if (performance.now() - unparkedMs >= unparkEveryMs) {
        unparkedMs = performance.now();
        queue.unpark();
      }
      if (queue.countBelow(stage.end) < settings.batchMax) await fill();
      const batch = takePaced(options, (limit) => queue.next(limit, stage.end));
      if (batch.length > 0) deliverNext(batch);
      else {
        if (queue.size > 0 && performance.now() - reconciledMs >= reconcileEveryMs) {
          await line.empty();
          await reconcile();
        }
        await sleep(idleMs, undefined, { signal: stop }).catch(() => undefined);
      }
    }
  } finally {
    over.abort();
    await line.empty();
  }
  line.check();
  if (haltedWhy !== undefined)
    await endWork(ports.postgres, held, { state: 'halted', why: haltedWhy, at: ports.now() });
}

/** Takes what both paces allow now. */
function takePaced(options: WorkOptions, next: (limit: number) => Waiting[]): Waiting[] {
  const nowMs = performance.now();
  let limit = options.settings.batchMax;
  const granted: { bucket: Bucket; count: number }[] = [];
  for (const bucket of options.buckets) {
    limit = bucket.take(limit, nowMs);
    granted.push({ bucket, count: limit });
  }
  const batch = limit === 0 ? [] : next(limit);
  for (const { bucket, count } of granted) bucket.giveBack(count - batch.length);
  return batch;
}
