import type { Held } from './lease.ts';
import { claim, settle, type Settled, unclaim } from './ledger.ts';
import type { Step } from './line.ts';
import type { EnginePorts, EngineSettings } from './ports.ts';
import type { createPreparer } from './prepare.ts';
import type { Queue, Waiting } from './queue.ts';
import { isWorthAnother, sendBatch } from './send-batch.ts';

type Preparer = ReturnType<typeof createPreparer>;

export interface DeliverOptions {
  readonly ports: EnginePorts;
  readonly settings: EngineSettings;
  readonly held: Held;
  readonly stop: AbortSignal;
}

/** What the batches of one replay pass through, one at a time each. */
export interface Steps {
  readonly prepare: Step;
  readonly claim: Step;
  readonly send: Step;
}

/**
 * Prepares, claims, sends and settles one batch. Each step takes the batches in order, so that one is claimed while the one
 * before is sent, and what is sent keeps the order of the manifest. Answers `lost` when it is not ours to send, or why the
 * replay must halt.
 */
export async function deliver(
  options: DeliverOptions,
  steps: Steps,
  preparer: Preparer,
  batch: readonly Waiting[],
  queue: Queue,
): Promise<string> {
  const { ports, settings, held, stop } = options;
  const transport = ports.transports.of(held.connection);
  if (!transport)
    return `The connection ${held.connection} has no URL: set it in the catalog or in the environment.`;
  const prepared = await steps.prepare(() => preparer.prepare(batch));
  if (stop.aborted) return 'lost';
  const claims = await steps.claim(() => claim(ports.postgres, held, batch, prepared.knowledge, ports.now()));
  if (!claims) return 'lost';
  for (const { item } of claims.skipped) queue.free(item);
  queue.park(claims.waiting);
  const outgoing = claims.claimed.map((claimed) => {
    const message = preparer.outgoing(claimed, prepared);
    if (!message) throw new Error(`The payload of dead letter ${claimed.item.id} is gone.`);
    return message;
  });
  if (outgoing.length === 0) return 'sent';
  const { triesMax, retryMs } = settings;
  const said = await steps.send(() =>
    sendBatch(transport, outgoing, {
      destination: held.destination,
      triesMax,
      retryMs,
      now: ports.now,
      stop,
    }),
  );
  const answers = said.map(({ result, sentAt }, index) => {
    const message = outgoing[index];
    return { sentAt, result: message ? preparer.heard(message, result) : result };
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
