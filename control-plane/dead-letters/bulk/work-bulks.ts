import { setTimeout as sleep } from 'node:timers/promises';
import { inTransaction, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { plumbline } from '../../actor.ts';
import { recordAct } from '../../audit/record.ts';
import type { Context } from '../../context.ts';
import { describeError } from '../../log.ts';
import { applyEffect, effectOf } from '../effects.ts';
import { selectAwake } from '../select-letters.ts';
import { lockNextBulk, readHolders, type WorkRow } from './queries.ts';

const everyMs = 500;
/** Between two parts nobody holds the bulk: whoever cancels it gets in here, and other work its turn. */
const breathMs = 50;
const partLettersMax = 5000;
const partLettersMin = 100;
/** So many letters may be locked by others at once: they stand in the row of the bulk. */
const heldMax = 10_000;
/** Parts in a row that may fail, each half as long as the one before. */
const failuresMax = 10;

/** Works off bulk changes while this process lives. Answers how to stop: after the part under way. */
export function startBulks(context: Context): () => Promise<void> {
  let isStopped = false;
  let running: Promise<void> | undefined;
  const run = async () => {
    while (!isStopped && (await workPart(context))) await sleep(breathMs);
  };
  const timer = setInterval(() => {
    running ??= run()
      .catch((error: unknown) =>
        context.log.warn('a bulk change of dead letters stands still', describeError(error)),
      )
      .finally(() => (running = undefined));
  }, everyMs);
  return async () => {
    isStopped = true;
    clearInterval(timer);
    await running;
  };
}

/**
 * Changes the next part of the bulk that waited longest, and moves its cursor in the same transaction: a process that dies
 * leaves the part undone, and any other does it. @returns whether to go on at once: not when there is nothing to do but to wait
 */
export async function workPart(context: Context, lettersMax = partLettersMax): Promise<boolean> {
  let bulk: WorkRow | undefined;
  try {
    const found = await inTransaction(context.postgres, async (on) => {
      bulk = await lockNextBulk(on);
      return bulk ? changePart(context, on, bulk, lettersMax) : false;
    });
    if (bulk) context.events.publish('dead-letters.changed', {});
    return found;
  } catch (error) {
    if (!bulk) throw error;
    context.log.warn('a part of a bulk change failed', { bulk: bulk.id, ...describeError(error) });
    await noteFailure(context, bulk, error);
    return false;
  }
}

async function changePart(
  context: Context,
  on: Executor,
  bulk: WorkRow,
  lettersMax: number,
): Promise<boolean> {
  const limit = Math.max(partLettersMin, Math.floor(lettersMax / 2 ** bulk.failures));
  const selection = selectAwake(bulk.filter, bulk.personId, bulk.requestedAt);
  // Once through, only what was locked on the way is left.
  const isBack = bulk.after === bulk.upTo;
  const part = isBack
    ? { after: '0', upTo: bulk.upTo, limit: heldMax, among: bulk.held }
    : { after: bulk.after, upTo: bulk.upTo, limit };
  const applied = await applyEffect(on, selection, effectOf(bulk.action, context.now()), part);
  const { found, changed, last } = applied;
  const held = isBack ? applied.held : [...bulk.held, ...applied.held];
  if (held.length > heldMax)
    throw new Error(`more than ${heldMax} letters are locked by others: ${await readHolders(on)}`);
  const isThrough = isBack || found < limit;
  const isOver = isThrough && held.length === 0;
  const [total] = await query(on, {
    name: 'dead_letter_bulks.move',
    sql: `
      UPDATE dead_letter_bulks SET cursor_seq = coalesce($2::bigint, cursor_seq), changed = changed + $3, skipped = skipped + $4,
        failures = 0, error = NULL, worked_at = $5, state = $6, ended_at = $7, held = $8::bigint[], held_by = $9
      WHERE id = $1 RETURNING changed, skipped, letters`,
    params: [
      bulk.id,
      isThrough ? bulk.upTo : last,
      changed,
      found - changed - applied.held.length,
      context.now(),
      isOver ? 'done' : 'running',
      isOver ? context.now() : null,
      held,
      held.length > 0 ? await readHolders(on) : null,
    ],
    schema: z.object({ changed: z.int(), skipped: z.int(), letters: z.int() }),
  });
  if (isOver) await recordEnd(context, on, bulk, 'done', { ...total });
  return !isBack || changed > 0;
}

async function noteFailure(context: Context, bulk: WorkRow, error: unknown): Promise<void> {
  const reason = error instanceof Error ? error.message.slice(0, 300) : 'unknown';
  await inTransaction(context.postgres, async (on) => {
    const [row] = await query(on, {
      name: 'dead_letter_bulks.fail',
      sql: `
        UPDATE dead_letter_bulks SET failures = failures + 1, error = $2, worked_at = $3::timestamptz,
          state = CASE WHEN failures + 1 >= $4 THEN 'failed' ELSE state END,
          ended_at = CASE WHEN failures + 1 >= $4 THEN $3::timestamptz END
        WHERE id = $1 AND state = 'running' RETURNING state, changed, skipped, letters`,
      params: [bulk.id, reason, context.now(), failuresMax],
      schema: z.object({ state: z.string(), changed: z.int(), skipped: z.int(), letters: z.int() }),
    });
    if (row?.state === 'failed') await recordEnd(context, on, bulk, 'failed', { ...row, error: reason });
  });
}

function recordEnd(
  context: Context,
  on: Executor,
  bulk: WorkRow,
  state: 'done' | 'failed',
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  return recordAct(on, {
    at: context.now(),
    actor: plumbline,
    action: `dead_letters.bulk_${state}`,
    target: 'dead_letters',
    detail: { bulk: bulk.id, action: bulk.action, ...detail },
    requestId: bulk.requestId,
  });
}
