import { inTransaction, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import type { Actor } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { Silence, type NewSilence } from './silence-schemas.ts';

const listedMax = 200;
/** Longer ones are a change of the catalog. */
const lengthMsMax = 30 * 24 * 60 * 60_000;
const pastMsMax = 60_000;
const iso = z.date().transform((at) => at.toISOString());

const SilenceRow = Silence.extend({ startsAt: iso, endsAt: iso, createdAt: iso });

/** @param $1 the instant of looking */
const columns = `
  id, jsonb_build_object('key', key, 'flow', flow, 'system', system, 'severity', severity) AS match,
  CASE WHEN ends_at <= $1 THEN 'over' WHEN starts_at > $1 THEN 'planned' ELSE 'active' END AS state,
  starts_at AS "startsAt", ends_at AS "endsAt", reason, created_at AS "createdAt", created_by AS "createdBy", ended_by AS "endedBy"`;

/** Those that end last first; what was over long ago is at the end. */
export function listSilences(on: Executor, now: Date): Promise<Silence[]> {
  return query(on, {
    name: 'silences.list',
    sql: `SELECT ${columns} FROM silences ORDER BY ends_at DESC, id DESC LIMIT ${listedMax}`,
    params: [now],
    schema: SilenceRow,
  });
}

/** @throws Problem bad_request */
export async function createSilence(
  context: Context,
  actor: Actor,
  requestId: string,
  asked: NewSilence,
): Promise<Silence> {
  const now = context.now();
  const startsAt = asked.startsAt === undefined ? now : new Date(asked.startsAt);
  const endsAt = new Date(asked.endsAt);
  const lengthMs = endsAt.getTime() - startsAt.getTime();
  if (lengthMs <= 0 || endsAt <= now)
    throw new Problem('bad_request', 'A silence ends after it starts, and not in the past.');
  if (startsAt.getTime() < now.getTime() - pastMsMax)
    throw new Problem('bad_request', 'A silence cannot start in the past: leave out startsAt for now.');
  if (lengthMs > lengthMsMax)
    throw new Problem(
      'bad_request',
      'A silence lasts 30 days at most: what should never be told is no alert.',
    );
  const id = context.randomId();
  const { key, flow, system, severity } = asked.match;
  const silence = await inTransaction(context.postgres, async (on) => {
    const [row] = await query(on, {
      name: 'silences.create',
      sql: `
        INSERT INTO silences (id, created_at, key, flow, system, severity, starts_at, ends_at, reason, created_by)
        VALUES ($2, $1, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING ${columns}`,
      params: [now, id, key, flow, system, severity, startsAt, endsAt, asked.reason, actor.name],
      schema: SilenceRow,
    });
    await recordAct(on, {
      at: now,
      actor,
      action: 'silences.create',
      target: `silence:${id}`,
      detail: { ...asked },
      requestId,
    });
    return row;
  });
  if (!silence) throw new Error('an inserted silence was not returned');
  context.events.publish('alerts.changed', { silence: id });
  return silence;
}

/** Ends it now. What it held back is told at once where it still fires. @throws Problem not_found, conflict */
export async function endSilence(
  context: Context,
  actor: Actor,
  requestId: string,
  id: string,
): Promise<Silence> {
  const now = context.now();
  const silence = await inTransaction(context.postgres, async (on) => {
    const [ended] = await query(on, {
      name: 'silences.end',
      sql: `
        UPDATE silences SET ends_at = $1, starts_at = least(starts_at, $1), ended_by = $3
        WHERE id = $2 AND ends_at > $1 RETURNING ${columns}`,
      params: [now, id, actor.name],
      schema: SilenceRow,
    });
    if (!ended) {
      const known = await query(on, {
        name: 'silences.known',
        sql: 'SELECT id FROM silences WHERE id = $1 LIMIT 1',
        params: [id],
        schema: z.object({ id: z.string() }),
      });
      throw known.length > 0
        ? new Problem('conflict', 'This silence is over already.')
        : new Problem('not_found', 'There is no such silence.');
    }
    await recordAct(on, { at: now, actor, action: 'silences.end', target: `silence:${id}`, requestId });
    return ended;
  });
  context.events.publish('alerts.changed', { silence: id });
  return silence;
}
