import { execute, type Executor } from '@plumbline/model/postgres/pool.ts';
import type { Actor } from '../actor.ts';

export interface Act {
  readonly at: Date;
  readonly actor: Actor;
  /** What was done, as `aggregate.verb`: `tokens.create`. */
  readonly action: string;
  /** What it was done to, such as `token:0b6…`. */
  readonly target: string;
  /** What changed. Never a secret. */
  readonly detail?: Readonly<Record<string, unknown>>;
  readonly requestId: string;
}

/** Adds one row to the audit log, in the transaction of the change that it tells of. */
export async function recordAct(on: Executor, act: Act): Promise<void> {
  await execute(
    on,
    `INSERT INTO audit_log (at, actor_kind, actor_id, actor_name, action, target, detail, request_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      act.at,
      act.actor.kind,
      act.actor.id,
      act.actor.name,
      act.action,
      act.target,
      JSON.stringify(act.detail ?? {}),
      act.requestId,
    ],
  );
}
