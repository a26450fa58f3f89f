import { execute, inTransaction, query, type Postgres } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { plumbline } from '../../actor.ts';
import { recordAct } from '../../audit/record.ts';
import { PatchOperation, ReplayState } from '../schemas.ts';

const Held = z.object({
  id: z.string(),
  flow: z.string(),
  state: ReplayState,
  epoch: z.string(),
  items: z.int(),
  connection: z.string(),
  destination: z.string(),
  patch: z.array(PatchOperation).nullable(),
  perSecond: z.number(),
  stages: z.array(z.int()),
  stage: z.int(),
  haltRatio: z.number(),
  serial: z.boolean(),
  confirmWithinMs: z.coerce.number(),
  maxGenerations: z.int(),
  force: z.object({ superseded: z.boolean().default(false), quarantined: z.boolean().default(false) }),
});
/** A replay in the hands of one worker: every write of that worker names the epoch. */
export type Held = z.output<typeof Held>;

/** Replays that somebody must work on and nobody holds: running ones, and others whose worker died while it sent. */
export async function findOrphans(on: Postgres): Promise<string[]> {
  const rows = await query(on, {
    name: 'replays.orphans',
    sql: `
      SELECT id FROM replays r
      WHERE (lease_until IS NULL OR lease_until < clock_timestamp())
        AND (state = 'running' OR (state IN ('paused', 'halted', 'cancelled') AND lease_owner IS NOT NULL))
      ORDER BY seq LIMIT 100`,
    params: [],
    schema: z.object({ id: z.string() }),
  });
  return rows.map(({ id }) => id);
}

/** Takes a replay that nobody holds, under a new epoch; undefined: somebody was quicker. */
export async function takeLease(
  on: Postgres,
  id: string,
  owner: string,
  leaseMs: number,
): Promise<Held | undefined> {
  const [held] = await query(on, {
    name: 'replays.take',
    sql: `
      UPDATE replays SET epoch = epoch + 1, lease_owner = $2, lease_until = clock_timestamp() + $3 * interval '1 millisecond'
      WHERE id = $1 AND (lease_until IS NULL OR lease_until < clock_timestamp())
        AND (state = 'running' OR lease_owner IS NOT NULL)
      RETURNING id, flow, state, epoch::text AS epoch, items, connection, destination, patch, per_second AS "perSecond", stages,
        stage, halt_ratio AS "haltRatio", serial, confirm_within_ms::text AS "confirmWithinMs",
        max_generations AS "maxGenerations", force`,
    params: [id, owner, leaseMs],
    schema: Held,
  });
  return held;
}

/** Keeps a replay. Answers its state now; undefined: it belongs to another epoch. */
export async function renewLease(
  on: Postgres,
  held: Held,
  leaseMs: number,
): Promise<ReplayState | undefined> {
  const [row] = await query(on, {
    name: 'replays.renew',
    sql: `
      UPDATE replays SET lease_until = clock_timestamp() + $3 * interval '1 millisecond'
      WHERE id = $1 AND epoch = $2 RETURNING state`,
    params: [held.id, held.epoch, leaseMs],
    schema: z.object({ state: ReplayState }),
  });
  return row?.state;
}

/** Lets a replay go after clean work: nothing is being sent. */
export async function releaseLease(on: Postgres, held: Held): Promise<void> {
  await execute(
    on,
    'UPDATE replays SET lease_owner = NULL, lease_until = NULL WHERE id = $1 AND epoch = $2',
    [held.id, held.epoch],
  );
}

/** Notes that a stage is through. False: the replay is not ours, or not running, any more. */
export async function passStage(on: Postgres, held: Held, through: number): Promise<boolean> {
  const changed = await execute(
    on,
    `UPDATE replays SET stage = greatest(stage, $3) WHERE id = $1 AND epoch = $2 AND state = 'running'`,
    [held.id, held.epoch, through],
  );
  return changed > 0;
}

/** Ends the work: finished, or halted with the reason. Plumbline itself is the actor. */
export async function endWork(
  on: Postgres,
  held: Held,
  end: { readonly state: 'finished' | 'halted'; readonly why: string | null; readonly at: Date },
): Promise<void> {
  await inTransaction(on, async (transaction) => {
    const changed = await execute(
      transaction,
      `UPDATE replays SET state = $3, halted_why = $4, revision = revision + 1,
         finished_at = CASE WHEN $3 = 'finished' THEN $5::timestamptz END,
         lease_owner = NULL, lease_until = NULL
       WHERE id = $1 AND epoch = $2 AND state = 'running'`,
      [held.id, held.epoch, end.state, end.why, end.at],
    );
    if (changed === 0) return;
    await recordAct(transaction, {
      at: end.at,
      actor: plumbline,
      action: end.state === 'finished' ? 'replays.finish' : 'replays.halt',
      target: `replay:${held.id}`,
      detail: end.why === null ? {} : { why: end.why },
      requestId: 'engine',
    });
  });
}
