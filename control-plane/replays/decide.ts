import { execute, inTransaction, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { principalOf } from '../access/principal.ts';
import type { Actor } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { type Action, fits, refusal } from './actions.ts';
import { noSuchReplay } from './read-replay.ts';
import { type ReplayDecision, ReplayState } from './schemas.ts';

const Locked = z.object({
  state: ReplayState,
  revision: z.int(),
  needsApproval: z.boolean(),
  isForced: z.boolean(),
  requestedPrincipal: z.string(),
  approvalHash: z.string(),
  scheduledFor: z.date().nullable(),
  haltedWhy: z.string().nullable(),
});
type Locked = z.output<typeof Locked>;

/** Told of decisions in this process, so that the engine acts at once and not at its next look. */
export const decidedTopic = 'replay.changed';

/**
 * Takes one decision on a replay: the state moves, the revision counts up and the audit log says who, all or nothing.
 * @throws Problem conflict when it changed since it was looked at, forbidden when it is not theirs to decide
 */
export async function decide(
  context: Context,
  actor: Actor,
  id: string,
  action: Action,
  decision: ReplayDecision,
  requestId: string,
): Promise<void> {
  await inTransaction(context.postgres, async (on) => {
    const replay = await lock(on, id);
    const at = context.now();
    refuse(action, replay, decision, actor, await principalOf(on, actor));
    await apply(on, id, action, replay, actor, at);
    await recordAct(on, {
      at,
      actor,
      action: `replays.${action}`,
      target: `replay:${id}`,
      detail: {
        revision: replay.revision + 1,
        ...(action === 'approve' ? { approvalHash: replay.approvalHash } : {}),
        ...(action === 'resume' && replay.haltedWhy ? { haltedWhy: replay.haltedWhy } : {}),
        ...(decision.reason ? { reason: decision.reason } : {}),
      },
      requestId,
    });
  });
  context.events.publish(decidedTopic, { id, action });
}

async function lock(on: Executor, id: string): Promise<Locked> {
  const [replay] = await query(on, {
    name: 'replays.lock',
    sql: `
      SELECT state, revision, needs_approval AS "needsApproval", force <> '{}'::jsonb AS "isForced",
        requested_principal AS "requestedPrincipal", encode(approval_hash, 'hex') AS "approvalHash",
        scheduled_for AS "scheduledFor", halted_why AS "haltedWhy"
      FROM replays WHERE id = $1 FOR UPDATE`,
    params: [id],
    schema: Locked,
  });
  if (!replay) throw noSuchReplay();
  return replay;
}

function refuse(
  action: Action,
  replay: Locked,
  decision: ReplayDecision,
  actor: Actor,
  principal: string,
): void {
  if (replay.revision !== decision.revision)
    throw new Problem('conflict', `Somebody was quicker: it is ${replay.state} now. Look again.`);
  if (!fits(action, replay.state))
    throw new Problem('conflict', `A replay that is ${replay.state} cannot take "${action}".`);
  const why = refusal(action, { ...replay, principal, actor });
  if (why !== undefined) throw new Problem('forbidden', why);
  if (action !== 'approve') return;
  if (decision.approvalHash === undefined)
    throw new Problem('bad_request', 'approvalHash: send the hash of what you looked at.');
  if (decision.approvalHash !== replay.approvalHash)
    throw new Problem('conflict', 'What you approve is not what would be sent: look again.');
}

/** The state that an action leads to. Pure. */
export function nextState(action: Action, isLater: boolean): ReplayState {
  const begun = isLater ? 'scheduled' : 'running';
  const states = {
    submit: 'awaiting_approval',
    start: begun,
    approve: begun,
    reject: 'rejected',
    pause: 'paused',
    resume: 'running',
    cancel: 'cancelled',
  } as const;
  return states[action];
}

async function apply(
  on: Executor,
  id: string,
  action: Action,
  replay: Locked,
  actor: Actor,
  at: Date,
): Promise<void> {
  const isLater = replay.scheduledFor !== null && replay.scheduledFor > at;
  const state = nextState(action, isLater);
  const isVerdict = action === 'approve' || action === 'reject';
  // Resumed after a halt: what failed so far is accepted, and the next stage is judged by itself.
  const forgives = action === 'resume' && replay.state === 'halted';
  await execute(
    on,
    `UPDATE replays SET state = $2, revision = revision + 1,
       decided_by = CASE WHEN $3 THEN $4 ELSE decided_by END,
       decided_name = CASE WHEN $3 THEN $5 ELSE decided_name END,
       decided_at = CASE WHEN $3 THEN $6::timestamptz ELSE decided_at END,
       approved_hash = CASE WHEN $7 THEN approval_hash ELSE approved_hash END,
       started_at = CASE WHEN $2 = 'running' THEN coalesce(started_at, $6) ELSE started_at END,
       finished_at = CASE WHEN $2 IN ('cancelled', 'rejected') THEN $6 ELSE finished_at END,
       halted_why = CASE WHEN $2 = 'running' THEN NULL ELSE halted_why END,
       stage = CASE WHEN $8 THEN greatest(stage, (SELECT coalesce(max(position) + 1, 0) FROM replay_items WHERE replay_id = $1)) ELSE stage END
     WHERE id = $1`,
    [id, state, isVerdict, actor.id, actor.name, at, action === 'approve', forgives],
  );
}
