import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../../log.ts';
import { chunkSize } from '../freeze.ts';
import type { Bucket } from './bucket.ts';
import { endWork, type Held, passStage, releaseLease, renewLease } from './lease.ts';
import { claim, recover, settle, type Settled, unclaim } from './ledger.ts';
import { readChunk } from './letters.ts';
import type { EnginePorts, EngineSettings } from './ports.ts';
import { createPreparer } from './prepare.ts';
import { readInFlight, readProgress } from './progress.ts';
import { createQueue, type Waiting } from './queue.ts';
import { isWorthAnother, sendBatch } from './send-batch.ts';
import { haltReason, stageAt } from './stages.ts';
import { watchForWord } from './word.ts';

const idleMs = 50;
const countEveryMs = 200;
const reconcileEveryMs = 1000;
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
  const stop = AbortSignal.any([options.stop, lost.signal]);
  const renewing = keep(ports, settings, held, lost);
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

/** Renews the lease; when it is lost, or cannot be renewed before it ends, the work stops. */
function keep(ports: EnginePorts, { leaseMs }: EngineSettings, held: Held, lost: AbortController) {
  let untilMs = performance.now() + leaseMs;
  const renew = async () => {
    const askedMs = performance.now();
    const state = await renewLease(ports.postgres, held, leaseMs);
    if (state === undefined) lost.abort();
    else untilMs = askedMs + leaseMs;
  };
  const timer = setInterval(() => {
    if (performance.now() > untilMs) lost.abort();
    renew().catch((error: unknown) =>
      ports.log.warn('a lease could not be renewed', { replay: held.id, ...describeError(error) }),
    );
  }, leaseMs / 3);
  return { stop: () => clearInterval(timer) };
}

async function run(options: WorkOptions): Promise<void> {
  const { ports, settings, held, stop } = options;
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

  await reconcile();
  while (!stop.aborted) {
    word.look();
    const staged = stageAt(held.stages, held.items, through);
    // Past the last stage only stragglers are left: put back by a halt that somebody forgave.
    const stage = staged ?? { from: 0, end: held.items, isRest: true };
    if (isProgressDue(stage.isRest)) {
      const progress = await readProgress(ports.postgres, held.id, stage);
      const isSettled = progress.confirmed + progress.failed + progress.skipped === stage.end - stage.from;
      if (!staged && isSettled)
        return endWork(ports.postgres, held, { state: 'finished', why: null, at: ports.now() });
      const why = staged ? haltReason(stage, progress, held.haltRatio) : undefined;
      if (why !== undefined) return endWork(ports.postgres, held, { state: 'halted', why, at: ports.now() });
      if (staged && isSettled) {
        if (!(await passStage(ports.postgres, held, stage.end))) return;
        through = stage.end;
        hasNews = true;
        options.changed();
        continue;
      }
    }
    if (queue.countBelow(stage.end) < settings.batchMax) await fill();
    const batch = takePaced(options, (limit) => queue.next(limit, stage.end));
    if (batch.length === 0) {
      if (queue.size > 0 && performance.now() - reconciledMs >= reconcileEveryMs) await reconcile();
      await sleep(idleMs, undefined, { signal: stop }).catch(() => undefined);
      continue;
    }
    const outcome = await deliver(options, preparer, batch, queue);
    hasNews = true;
    options.changed();
    if (outcome === 'lost') return;
    if (outcome !== 'sent')
      return endWork(ports.postgres, held, { state: 'halted', why: outcome, at: ports.now() });
  }
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

/** Claims, sends and settles one batch. Answers `lost` when it is not ours to send, or why the replay must halt. */
async function deliver(
  options: WorkOptions,
  preparer: ReturnType<typeof createPreparer>,
  batch: readonly Waiting[],
  queue: ReturnType<typeof createQueue>,
): Promise<string> {
  const { ports, settings, held, stop } = options;
  const transport = ports.transports.of(held.connection);
  if (!transport)
    return `The connection ${held.connection} has no URL: set it in the catalog or in the environment.`;
  const prepared = await preparer.prepare(batch);
  if (stop.aborted) return 'lost';
  const claims = await claim(ports.postgres, held, batch, prepared.knowledge, ports.now());
  if (!claims) return 'lost';
  for (const { item } of claims.skipped) queue.free(item);
  const outgoing = claims.claimed.map((claimed) => {
    const message = preparer.outgoing(claimed, prepared);
    if (!message) throw new Error(`The payload of dead letter ${claimed.item.id} is gone.`);
    return message;
  });
  if (outgoing.length === 0) return 'sent';
  const { triesMax, retryMs } = settings;
  const answers = await sendBatch(transport, outgoing, {
    destination: held.destination,
    triesMax,
    retryMs,
    now: ports.now,
    stop,
  });
  const isAway = !stop.aborted && answers.every(({ result }) => isWorthAnother(result));
  const settled: Settled[] = [];
  const back: Waiting[] = [];
  for (const [index, { item }] of claims.claimed.entries()) {
    const answer = answers[index];
    if (!answer) continue;
    if (isWorthAnother(answer.result) && (stop.aborted || isAway)) back.push(item);
    else settled.push(toSettled(item, answer));
  }
  await settle(ports.postgres, held, settled, ports.now());
  await unclaim(
    ports.postgres,
    held,
    back.map(({ position }) => position),
  );
  const isOver = new Set(settled.filter(({ state }) => state !== 'sent').map(({ position }) => position));
  for (const item of batch) if (isOver.has(item.position)) queue.free(item);
  queue.putBack(back);
  const first = answers[0]?.result;
  if (isAway && first?.kind === 'refused')
    return `${held.destination} cannot be reached: ${first.reason}. Nothing of the last ${back.length} was sent; resume when it is back.`;
  return 'sent';
}

function toSettled(
  item: Waiting,
  { result, sentAt }: { result: Parameters<typeof isWorthAnother>[0]; sentAt: Date },
): Settled {
  const { position } = item;
  if (result?.kind === 'accepted')
    return { position, state: 'sent', sentAt, proof: result.position, reason: null };
  const state = result?.kind === 'refused' ? 'refailed' : 'unknown';
  return { position, state, sentAt, proof: null, reason: result?.reason ?? 'no answer' };
}
