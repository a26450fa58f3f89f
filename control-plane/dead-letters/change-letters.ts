import { inTransaction, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { reaches, type Actor } from '../actor.ts';
import { recordAct } from '../audit/record.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { checkId, selectAwake } from './select-letters.ts';
import type { DeadLetterAction, DeadLetterActionResult, DeadLetterState } from './schemas.ts';

type Action = z.output<typeof DeadLetterAction>['action'];

/** What an action does to a row, and from which states. Nothing ever touches what a replay holds. */
interface Effect {
  readonly from: readonly DeadLetterState[];
  /** Assignments of the UPDATE, with parameters from `$first` on. */
  readonly set: (first: number) => string;
  /** A condition that a row must meet besides, with the same parameters; one that does not is left as it is. */
  readonly fits?: (first: number) => string;
  readonly params: readonly unknown[];
}

/** More tags than this on one message tell nobody anything. */
const tagsMax = 50;

const unsettled = ['open', 'acknowledged'] as const;
const settled = ['resolved', 'ignored'] as const;
const restful = [...unsettled, ...settled, 'quarantined'] as const;

/** Changes all that a filter names in one statement, with one entry in the audit log. @throws Problem conflict, forbidden */
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
  const effect = effectOf(action, context.now());
  const selection = selectAwake(
    { ...filter, archived: filter.archived ?? action.kind === 'restore' },
    actor.kind === 'person' ? actor.id : null,
    context.now(),
  );
  const result = await inTransaction(context.postgres, async (on) => {
    if (revision !== undefined) await refuseStale(on, filter.ids, revision);
    if (action.kind === 'assign' && action.person !== null) await refuseStranger(on, action.person);
    const counts = await run(on, selection, effect);
    await recordAct(on, {
      at: context.now(),
      actor,
      action: `dead_letters.${action.kind}`,
      target: filter.ids?.length === 1 ? `dead_letter:${filter.ids[0]}` : 'dead_letters',
      detail: { filter, action, ...counts },
      requestId,
    });
    return counts;
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
  const [known] = await query(on, {
    name: 'dead_letters.assignee',
    sql: "SELECT id FROM people WHERE id::text = $1 AND disabled_at IS NULL AND role <> 'viewer' LIMIT 1",
    params: [person],
    schema: z.object({ id: z.string() }),
  });
  if (!known)
    throw new Problem(
      'bad_request',
      'Assign to the id of a person who may act (see /dead-letters/assignees), or to null for nobody.',
    );
}

async function run(
  on: Executor,
  { where, params }: { readonly where: string; readonly params: readonly unknown[] },
  effect: Effect,
): Promise<{ changed: number; skipped: number }> {
  const states = params.length + 1;
  const [row] = await query(on, {
    name: 'dead_letters.change',
    sql: `
      WITH found AS MATERIALIZED (SELECT d.id, d.state FROM dead_letters d WHERE ${where}),
      changed AS (
        UPDATE dead_letters d SET ${effect.set(states + 1)}, revision = d.revision + 1
        FROM found f WHERE d.id = f.id AND d.state = ANY ($${states}::text[]) AND ${effect.fits?.(states + 1) ?? 'true'}
        RETURNING 1
      )
      SELECT (SELECT count(*)::integer FROM found) AS found, (SELECT count(*)::integer FROM changed) AS changed
      LIMIT 1`,
    params: [...params, effect.from, ...effect.params],
    schema: z.object({ found: z.int(), changed: z.int() }),
  });
  const { found, changed } = row ?? { found: 0, changed: 0 };
  return { changed, skipped: found - changed };
}

function effectOf(action: Action, now: Date): Effect {
  switch (action.kind) {
    case 'acknowledge':
      return { from: ['open'], set: () => "state = 'acknowledged'", params: [] };
    case 'reopen':
      return { from: ['acknowledged', ...settled], set: reopen, params: [] };
    case 'release':
      return {
        from: ['quarantined'],
        set: () => "state = 'open', settled_at = NULL, settled_why = NULL, held_back = false",
        params: [],
      };
    case 'resolve':
      return settle('resolved', [...unsettled, 'quarantined', 'ignored'], now, action.reason);
    case 'ignore':
      return settle('ignored', [...unsettled, 'quarantined'], now, action.reason);
    case 'assign':
      return { from: restful, set: (at) => `assignee = $${at}::uuid`, params: [action.person] };
    case 'tag':
      return {
        from: restful,
        set: (at) => `tags = ${tagsAfter(at)}`,
        fits: (at) => `cardinality(${tagsAfter(at)}) <= ${tagsMax}`,
        params: [action.add, action.remove],
      };
    case 'snooze':
      return { from: unsettled, set: (at) => `snoozed_until = $${at}::timestamptz`, params: [action.until] };
    case 'archive':
      return { from: settled, set: (at) => `archived_at = $${at}::timestamptz`, params: [now] };
    case 'restore':
      return { from: restful, set: () => 'archived_at = NULL', params: [] };
  }
}

/** The tags of a row after some were added and others removed. */
function tagsAfter(at: number): string {
  return `(SELECT coalesce(array_agg(DISTINCT t ORDER BY t), '{}') FROM unnest(d.tags || $${at}::text[]) t WHERE t <> ALL ($${at + 1}::text[]))`;
}

/** What was settled out of quarantine goes back there: settling it must not be the way around a release. */
function reopen(): string {
  return `state = CASE WHEN d.held_back THEN 'quarantined' ELSE 'open' END, settled_at = NULL,
    settled_why = CASE WHEN d.held_back THEN 'It was in quarantine when it was settled.' END`;
}

function settle(
  state: 'resolved' | 'ignored',
  from: readonly DeadLetterState[],
  now: Date,
  reason: string,
): Effect {
  return {
    from,
    set: (at) =>
      `state = '${state}', settled_at = $${at}::timestamptz, settled_why = $${at + 1}, snoozed_until = NULL,
         held_back = d.held_back OR d.state = 'quarantined'`,
    params: [now, reason],
  };
}
