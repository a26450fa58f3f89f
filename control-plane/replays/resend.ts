import { execute, inTransaction, type Executor } from '@plumbline/model/postgres/pool.ts';
import { type Actor, reaches } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import type { Outgoing, Transport } from '../transports/port.ts';
import { within } from '../transports/within.ts';
import { createEditor } from './edit.ts';
import { readPayloads } from './engine/letters.ts';
import { toOutgoing } from './engine/outgoing.ts';
import { findReplay, type DetailRow } from './queries.ts';
import { lockOrder } from './key-order.ts';
import { readUnknown, type Unknown } from './resend-queries.ts';
import type { ReplayResend, ReplayResent } from './schemas.ts';

const probeMsMax = 2000;
const sendMsMax = 15_000;
const onceMax = 500;
/** Two people who send again at the same moment do no harm; this keeps them from it all the same. */
const againAfterMs = 10_000;

/**
 * Sends messages of unknown outcome once more, under the deduplication ids of their first send, to a target that itself
 * drops the second of two. Whatever became of the first, the target has it once. The intent is in the audit log first.
 * @throws Problem conflict when the target does not promise that, or nothing is left to send within its window
 */
export async function resendUnknown(
  context: Context,
  actor: Actor,
  id: string,
  input: ReplayResend,
  requestId: string,
): Promise<ReplayResent> {
  const replay = await findReplay(context.postgres, id);
  if (!replay) throw new Problem('not_found', 'There is no such replay.');
  refuse(replay, actor);
  const transport = context.transports.of(replay.connection);
  if (!transport)
    throw new Problem(
      'conflict',
      `The connection ${replay.connection} has no URL: set it in the catalog or in the environment.`,
    );
  const forMs = await windowOf(transport, replay.destination);
  const limit = Math.max(1, Math.min(onceMax, Math.floor(replay.perSecond)));
  const now = context.now();
  const since = new Date(now.getTime() - safeMs(forMs));
  const found = await inTransaction(context.postgres, async (on) => {
    await lockOrder(on, replay.flow);
    const unknown = await readUnknown(on, replay, {
      positions: input.positions ?? null,
      since,
      now,
      againAfterMs,
      limit,
    });
    const fit = unknown.filter(({ fault }) => fault === null);
    if (fit.length > 0) await markResent(on, id, fit, now);
    await recordAct(on, {
      at: now,
      actor,
      action: 'replays.resend',
      target: `replay:${id}`,
      detail: {
        reason: input.reason,
        positions: fit.map(({ position }) => position),
        deduplicatesForMs: forMs,
      },
      requestId,
    });
    return unknown;
  });
  const { outgoing, faults } = await prepare(context, replay, found);
  const results = await transport.send(
    replay.destination,
    outgoing.map(({ message }) => message),
    AbortSignal.timeout(sendMsMax),
  );
  const accepted = outgoing.flatMap(({ position }, index) => {
    const result = results[index];
    return result?.kind === 'accepted' ? [{ position, proof: result.position }] : [];
  });
  await settleResent(context, id, accepted);
  context.events.publish('replay.changed', { id });
  return {
    accepted: accepted.length,
    stillUnknown: outgoing.length - accepted.length,
    leftOut: countReasons(faults),
  };
}

function refuse({ state, force }: DetailRow, actor: Actor): void {
  // A worker would not see that a key is busy again, so nothing is put between its sends.
  if (state === 'running')
    throw new Problem('conflict', 'It is running: let it end, or pause it, then send again.');
  if (state !== 'paused' && state !== 'halted' && state !== 'finished')
    throw new Problem('conflict', `Nothing is sent for a replay that is ${state}.`);
  if ((force.superseded || force.quarantined) && !reaches(actor.role, 'engineer'))
    throw new Problem('forbidden', 'What is forced needs the role engineer.');
}

/** @throws Problem conflict, with what to do instead */
async function windowOf(transport: Transport, destination: string): Promise<number> {
  const asked = transport.promises(destination, AbortSignal.timeout(probeMsMax));
  const promises = await within(probeMsMax, asked, 'no answer').catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new Problem('conflict', `${destination} cannot be asked what it promises: ${why}`);
  });
  if (promises.deduplicates) return promises.deduplicates.forMs;
  throw new Problem(
    'conflict',
    `${destination} does not drop the second of two equal sends, so sending again could do it twice. Look into the target, then give a verdict.`,
  );
}

/** How old a first send may be: the second must arrive while the target still remembers it. Pure. */
export function safeMs(forMs: number): number {
  return forMs - Math.min(forMs / 2, sendMsMax + 5000);
}

async function markResent(on: Executor, id: string, items: readonly Unknown[], at: Date): Promise<void> {
  await execute(
    on,
    'UPDATE replay_items SET resent_at = $3 WHERE replay_id = $1 AND position = ANY ($2::integer[])',
    [id, items.map(({ position }) => position), at],
  );
}

interface Prepared {
  readonly outgoing: readonly { readonly position: number; readonly message: Outgoing }[];
  readonly faults: readonly string[];
}

/** The messages again, byte for byte as they were first sent. */
async function prepare(context: Context, replay: DetailRow, found: readonly Unknown[]): Promise<Prepared> {
  const { catalog } = context.catalog.current();
  const flow = catalog.flows.find(({ name }) => name === replay.flow);
  const edit = replay.patch && flow ? createEditor(catalog, flow, replay.patch) : undefined;
  const place = flow?.deadLetters.messageId;
  const rows = await readPayloads(
    context.postgres,
    found.map(({ deadLetterId }) => deadLetterId),
  );
  const payloads = new Map(rows.map((row) => [row.id, row]));
  const outgoing: { position: number; message: Outgoing }[] = [];
  const faults: string[] = [];
  for (const { position, deadLetterId, generation, messageId, fault } of found) {
    const payload = payloads.get(deadLetterId);
    const edited = payload && edit ? edit(payload.body) : undefined;
    const isEditable = replay.patch === null || edited?.ok === true;
    if (fault !== null || !payload || !isEditable) {
      faults.push(fault ?? (payload ? 'the edit does not fit any more' : 'its payload is gone'));
      continue;
    }
    const message = toOutgoing(payload, {
      replayId: replay.id,
      deadLetterId,
      generation,
      messageId,
      edited: replay.patch && edited?.ok ? { patch: replay.patch, body: edited.body } : undefined,
      idHeader: place && 'header' in place ? place.header : undefined,
    });
    outgoing.push({ position, message });
  }
  return { outgoing, faults };
}

/** What the target keeps is sent, and waits for word of the consumer again. What was settled meanwhile stays as it is. */
async function settleResent(
  context: Context,
  id: string,
  accepted: readonly { readonly position: number; readonly proof: string | null }[],
): Promise<void> {
  if (accepted.length === 0) return;
  await execute(
    context.postgres,
    `UPDATE replay_items i SET state = 'sent', settled_at = NULL, reason = NULL, proof = coalesce(a.proof, i.proof)
     FROM unnest($2::integer[], $3::text[]) AS a (position, proof)
     WHERE i.replay_id = $1 AND i.position = a.position AND i.state = 'unknown'`,
    [id, accepted.map(({ position }) => position), accepted.map(({ proof }) => proof)],
  );
}

function countReasons(faults: readonly string[]): ReplayResent['leftOut'] {
  return [...Map.groupBy(faults, (reason) => reason)].map(([reason, all]) => ({ reason, count: all.length }));
}
