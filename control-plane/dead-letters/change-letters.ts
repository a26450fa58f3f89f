import { inTransaction, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { findAssignee } from '../access/assignees.ts';
import { reaches, type Actor } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { countMany, requestBulk } from './bulk/request-bulk.ts';
import { applyEffect, effectOf } from './effects.ts';
import { checkId, selectAwake } from './select-letters.ts';
import type { DeadLetterAction, DeadLetterActionResult } from './schemas.ts';

/**
 * Changes all that a filter names in one statement, with one entry in the audit log; more than are changed at once become a
 * bulk change, which is worked off afterwards. @throws Problem conflict, forbidden
 */
export async function changeLetters(
  context: Context,
  actor: Actor,
  requestId: string,
  { filter, revision, action }: z.output<typeof DeadLetterAction>,
): Promise<z.output<typeof DeadLetterActionResult>> {
  if (action.kind === 'release' && !reaches(actor.role, 'engineer'))
    throw new Problem(
      'forbidden',
      'Only engineers release messages from quarantine: they failed too often with one cause.',
    );
  const { archived: _archived, snoozed: _snoozed, ...named } = filter;
  if (Object.values(named).every((value) => value === undefined))
    throw new Problem('bad_request', 'Name what to change: an empty filter would change every dead letter.');
  const frozen = { ...filter, archived: filter.archived ?? action.kind === 'restore' };
  const selection = selectAwake(frozen, actor.kind === 'person' ? actor.id : null, context.now());
  const result = await inTransaction(context.postgres, async (on) => {
    if (revision !== undefined) await refuseStale(on, filter.ids, revision);
    if (action.kind === 'assign' && action.person !== null) await refuseStranger(on, action.person);
    const letters = filter.ids ? undefined : await countMany(on, selection);
    if (letters !== undefined) {
      const bulk = await requestBulk(context, on, { actor, requestId, filter: frozen, action, letters });
      return { changed: 0, skipped: 0, bulk };
    }
    const { found, changed } = await applyEffect(on, selection, effectOf(action, context.now()));
    const counts = { changed, skipped: found - changed };
    await recordAct(on, {
      at: context.now(),
      actor,
      action: `dead_letters.${action.kind}`,
      target: filter.ids?.length === 1 ? `dead_letter:${filter.ids[0]}` : 'dead_letters',
      detail: { filter, action, ...counts },
      requestId,
    });
    return { ...counts, bulk: null };
  });
  context.events.publish('dead-letters.changed', {});
  return result;
}

async function refuseStale(
  on: Executor,
  ids: readonly string[] | undefined,
  revision: number,
): Promise<void> {
  if (ids?.length !== 1)
    throw new Problem('bad_request', 'A revision belongs to one message: name it by its id alone.');
  const [row] = await query(on, {
    name: 'dead_letters.revision',
    sql: 'SELECT revision FROM dead_letters WHERE id = $1::uuid LIMIT 1 FOR UPDATE',
    params: [checkId(ids[0] ?? '')],
    schema: z.object({ revision: z.int() }),
  });
  if (row && row.revision !== revision)
    throw new Problem(
      'conflict',
      'Somebody changed this message since you looked at it: look again, then decide.',
    );
}

async function refuseStranger(on: Executor, person: string): Promise<void> {
  if (!(await findAssignee(on, person)))
    throw new Problem(
      'bad_request',
      'Assign to the id of a person who may act (see /dead-letters/assignees), or to null for nobody.',
    );
}
