import {
  execute,
  inTransaction,
  query,
  type Executor,
  type Postgres,
} from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { type Blocked, findBlocked, lockOrder } from '../key-order.ts';
import { type Knowledge, judge, type Skip } from './judge.ts';
import type { Held } from './lease.ts';
import { readLetters, type Letter } from './letters.ts';
import { sentMessageId } from './outgoing.ts';
import type { Waiting } from './queue.ts';
import { noteRefusals } from './refusals.ts';

export interface Claimed {
  readonly item: Waiting;
  readonly letter: Letter;
  readonly generation: number;
}
export interface Claims {
  readonly claimed: readonly Claimed[];
  /** Not now: another replay has a message of the key under way, or an older one before it. Nothing was written of these. */
  readonly waiting: readonly Waiting[];
  readonly skipped: readonly { readonly item: Waiting; readonly skip: Skip }[];
}

/**
 * Writes the intent to send before anything is sent: one row a message, and the letter is held by this replay. Undefined: the
 * replay is not running, or not ours, any more; then nothing was written.
 */
export function claim(
  on: Postgres,
  held: Held,
  items: readonly Waiting[],
  knowledge: ReadonlyMap<string, Knowledge>,
  at: Date,
): Promise<Claims | undefined> {
  return inTransaction(on, async (transaction) => {
    if (!(await isOurs(transaction, held))) return undefined;
    const ids = items.map(({ id }) => id);
    if (held.serial) await lockOrder(transaction, held.flow);
    const rows = await readLetters(transaction, ids, { lock: true });
    const blocked = held.serial ? await findBlocked(transaction, held, ids, at) : new Map<string, Blocked>();
    const letters = new Map(rows.map((letter) => [letter.id, letter]));
    const claimed: Claimed[] = [];
    const waiting: Waiting[] = [];
    const skipped: { item: Waiting; skip: Skip }[] = [];
    for (const item of items) {
      const letter = letters.get(item.id);
      const known = knowledge.get(item.id) ?? nothingKnown;
      const before = blocked.get(item.id);
      const skip = judge(held, item, letter, known) ?? overtaking(before);
      if (skip || !letter)
        skipped.push({ item, skip: skip ?? { reason: 'the dead letter is gone', letter: null } });
      else if (before) waiting.push(item);
      else claimed.push({ item, letter, generation: letter.generation + 1 });
    }
    await writeClaims(transaction, held, claimed, at);
    await writeSkips(transaction, held, skipped, at);
    return { claimed, waiting, skipped };
  });
}

const nothingKnown: Knowledge = { deliveredIn: undefined, supersededBy: undefined, fault: undefined };

/** Behind a replay that is on its way a message waits; one that stands still may stand for days, so it is left out. */
function overtaking(before: Blocked | undefined): Skip | undefined {
  if (!before || before.waits) return undefined;
  return { reason: `an older message of its key waits in replay ${before.replayId}`, letter: null };
}

/** Locks the row against decisions and other workers until the transaction ends. */
async function isOurs(on: Executor, held: Held): Promise<boolean> {
  const found = await execute(
    on,
    `SELECT 1 FROM replays WHERE id = $1 AND epoch = $2 AND state = 'running' FOR SHARE`,
    [held.id, held.epoch],
  );
  return found > 0;
}

async function writeClaims(on: Executor, held: Held, claimed: readonly Claimed[], at: Date): Promise<void> {
  if (claimed.length === 0) return;
  await execute(
    on,
    `INSERT INTO replay_items (replay_id, position, dead_letter_id, generation, state, message_id, epoch, claimed_at)
     SELECT $1::uuid, position, id, generation, 'sending', message_id, $2::bigint, $3::timestamptz
     FROM unnest($4::integer[], $5::uuid[], $6::integer[], $7::text[]) AS c (position, id, generation, message_id)`,
    [
      held.id,
      held.epoch,
      at,
      claimed.map(({ item }) => item.position),
      claimed.map(({ item }) => item.id),
      claimed.map(({ generation }) => generation),
      claimed.map(({ letter }) => sentMessageId(letter.messageId, held.patch)),
    ],
  );
  await execute(
    on,
    `UPDATE dead_letters SET state = 'replaying', replay_id = $1, generation = generation + 1, revision = revision + 1
     WHERE id = ANY ($2::uuid[])`,
    [held.id, claimed.map(({ item }) => item.id)],
  );
}

async function writeSkips(on: Executor, held: Held, skipped: Claims['skipped'], at: Date): Promise<void> {
  if (skipped.length === 0) return;
  await execute(
    on,
    `INSERT INTO replay_items (replay_id, position, dead_letter_id, state, epoch, claimed_at, settled_at, reason)
     SELECT $1::uuid, position, id, 'skipped', $2::bigint, $3::timestamptz, $3, reason
     FROM unnest($4::integer[], $5::uuid[], $6::text[]) AS s (position, id, reason)`,
    [
      held.id,
      held.epoch,
      at,
      skipped.map(({ item }) => item.position),
      skipped.map(({ item }) => item.id),
      skipped.map(({ skip }) => skip.reason),
    ],
  );
  const moved = skipped.flatMap(({ item, skip }) => (skip.letter ? [{ id: item.id, ...skip.letter }] : []));
  if (moved.length === 0) return;
  await execute(
    on,
    `UPDATE dead_letters d SET state = m.state, settled_at = $1, settled_why = m.why, replay_id = NULL, revision = d.revision + 1
     FROM unnest($2::uuid[], $3::text[], $4::text[]) AS m (id, state, why) WHERE d.id = m.id`,
    [at, moved.map(({ id }) => id), moved.map(({ state }) => state), moved.map(({ why }) => why)],
  );
}

/** What became of one message that was handed to the transport. */
export interface Settled {
  readonly position: number;
  readonly state: 'sent' | 'refailed' | 'unknown';
  readonly sentAt: Date;
  readonly proof: string | null;
  readonly reason: string | null;
}

/** Writes answers of the transport. Rows that another epoch took over are left to it. */
export async function settle(on: Postgres, held: Held, settled: readonly Settled[], at: Date): Promise<void> {
  if (settled.length === 0) return;
  await inTransaction(on, async (transaction) => {
    const refailed = await query(transaction, {
      name: 'replays.settle',
      sql: `
        WITH done AS (
          UPDATE replay_items i SET state = s.state, sent_at = s.sent_at, proof = s.proof, reason = s.reason,
            settled_at = CASE WHEN s.state = 'sent' THEN NULL ELSE $3::timestamptz END
          FROM unnest($4::integer[], $5::text[], $6::timestamptz[], $7::text[], $8::text[]) AS s (position, state, sent_at, proof, reason)
          WHERE i.replay_id = $1 AND i.epoch = $2 AND i.position = s.position AND i.state = 'sending'
          RETURNING i.dead_letter_id AS id, i.position, i.generation, i.state, i.reason
        ) SELECT id, position, generation, reason FROM done WHERE state = 'refailed'`,
      params: [
        held.id,
        held.epoch,
        at,
        settled.map(({ position }) => position),
        settled.map(({ state }) => state),
        settled.map(({ sentAt }) => sentAt),
        settled.map(({ proof }) => proof),
        settled.map(({ reason }) => reason),
      ],
      schema: z.object({
        id: z.string(),
        position: z.int(),
        generation: z.int(),
        reason: z.string().nullable(),
      }),
    });
    await noteRefusals(transaction, held.id, refailed, at);
    await reopen(
      transaction,
      held.id,
      refailed.map(({ id }) => id),
      0,
    );
  });
}

/** Takes back claims of messages that were certainly not sent: as if they had never been touched. */
export async function unclaim(on: Postgres, held: Held, positions: readonly number[]): Promise<void> {
  if (positions.length === 0) return;
  await inTransaction(on, async (transaction) => {
    const taken = await query(transaction, {
      name: 'replays.unclaim',
      sql: `
        DELETE FROM replay_items WHERE replay_id = $1 AND epoch = $2 AND position = ANY ($3::integer[]) AND state = 'sending'
        RETURNING dead_letter_id AS id`,
      params: [held.id, held.epoch, positions],
      schema: z.object({ id: z.string() }),
    });
    await reopen(
      transaction,
      held.id,
      taken.map(({ id }) => id),
      1,
    );
  });
}

async function reopen(on: Executor, replayId: string, ids: readonly string[], lessGenerations: number) {
  if (ids.length === 0) return;
  await execute(
    on,
    `UPDATE dead_letters SET state = 'open', replay_id = NULL, revision = revision + 1, generation = generation - $3
     WHERE id = ANY ($2::uuid[]) AND state = 'replaying' AND replay_id = $1`,
    [replayId, ids, lessGenerations],
  );
}

/**
 * What an earlier worker was sending when it died: the answer is lost, so the outcome is unknown, and nothing is sent again
 * by itself. Answers how many.
 */
export function recover(on: Postgres, held: Held, at: Date): Promise<number> {
  return execute(
    on,
    `UPDATE replay_items SET state = 'unknown', epoch = $2, settled_at = $3, sent_at = coalesce(sent_at, claimed_at),
       reason = 'the process that sent it ended before the answer came'
     WHERE replay_id = $1 AND state = 'sending' AND epoch < $2`,
    [held.id, held.epoch, at],
  );
}
