import { execute, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import type { Actor } from '../../actor.ts';
import { recordAct } from '../../audit/record.ts';
import type { Context } from '../../context.ts';
import { Problem } from '../../problem.ts';
import type { Action } from '../effects.ts';
import type { DeadLetterFilter } from '../schemas.ts';
import type { Selection } from '../select-letters.ts';
import { findBulk, type BulkRow } from './queries.ts';

/** So many are changed at once while somebody waits; more become a bulk change. */
export const atOnceMax = 5000;
const runningMax = 20;
const keptDays = 90;
const dayMs = 86_400_000;

/** How many a selection names when they are too many to be changed at once; undefined: they are not. */
export async function countMany(on: Executor, { where, params }: Selection): Promise<number | undefined> {
  const first = await count(on, `SELECT 1 FROM dead_letters d WHERE ${where} LIMIT ${atOnceMax + 1}`, params);
  if (first <= atOnceMax) return undefined;
  return count(on, `SELECT 1 FROM dead_letters d WHERE ${where}`, params);
}

async function count(on: Executor, found: string, params: readonly unknown[]): Promise<number> {
  const [row] = await query(on, {
    name: 'dead_letters.count_many',
    sql: `SELECT count(*)::integer AS n FROM (${found}) found LIMIT 1`,
    params,
    schema: z.object({ n: z.int() }),
  });
  return row?.n ?? 0;
}

export interface BulkRequest {
  readonly actor: Actor;
  readonly requestId: string;
  /** With `archived` as the action means it. */
  readonly filter: DeadLetterFilter;
  readonly action: Action;
  readonly letters: number;
}

/** Writes down what is to be changed, up to the newest letter there is; a process soon begins. @throws Problem conflict */
export async function requestBulk(context: Context, on: Executor, request: BulkRequest): Promise<BulkRow> {
  const { actor, requestId, filter, action, letters } = request;
  const [id, now] = [context.randomId(), context.now()];
  await execute(on, 'DELETE FROM dead_letter_bulks WHERE ended_at < $1', [
    new Date(now.getTime() - keptDays * dayMs),
  ]);
  const running = await count(on, `SELECT 1 FROM dead_letter_bulks WHERE state = 'running'`, []);
  if (running >= runningMax)
    throw new Problem(
      'conflict',
      `${runningMax} large changes of dead letters are under way: wait until one is done, or cancel one.`,
    );
  await execute(
    on,
    `INSERT INTO dead_letter_bulks (id, state, actor_kind, actor_id, actor_name, request_id, filter, action, requested_at,
       upper_seq, letters)
     SELECT $1, 'running', $2, $3, $4, $5, $6, $7, $8, coalesce(max(seq), 0), $9 FROM dead_letters`,
    [
      id,
      actor.kind,
      actor.id,
      actor.name,
      requestId,
      JSON.stringify(filter),
      JSON.stringify(action),
      now,
      letters,
    ],
  );
  await recordAct(on, {
    at: now,
    actor,
    action: 'dead_letters.bulk',
    target: 'dead_letters',
    detail: { bulk: id, filter, action, letters },
    requestId,
  });
  const bulk = await findBulk(on, id);
  if (!bulk) throw new Error('a row that was just written is not there');
  return bulk;
}
