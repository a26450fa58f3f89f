import { query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import type { Selection } from './select-letters.ts';
import type { DeadLetterAction, DeadLetterState } from './schemas.ts';

export type Action = z.output<typeof DeadLetterAction>['action'];

/** What an action does to a row, and from which states. Nothing ever touches what a replay holds. */
export interface Effect {
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

/** Letters in their order by `seq`, from one on: after this one, and none newer than the other. */
export interface Part {
  readonly after: string;
  readonly upTo: string;
  readonly limit: number;
  /** Of these alone. */
  readonly among?: readonly string[];
}

const Applied = z.object({
  found: z.int(),
  changed: z.int(),
  last: z.string().nullable(),
  held: z.array(z.string()),
});

/**
 * Changes what a selection names, in one statement, or a part of it: then what somebody else has locked is passed over, and told as
 * `held`, so that one letter does not stop all behind it. `last` is the newest letter that it found, by `seq` as those are.
 */
export async function applyEffect(
  on: Executor,
  { where, params }: Selection,
  effect: Effect,
  part?: Part,
): Promise<z.output<typeof Applied>> {
  const states = params.length + 1;
  const own = [effect.from, ...effect.params];
  const bounds = states + own.length;
  const [row] = await query(on, {
    name: 'dead_letters.change',
    sql: `
      WITH found AS MATERIALIZED (
        SELECT d.id, d.seq FROM dead_letters d WHERE ${where}
        ${part ? `AND d.seq > $${bounds}::bigint AND d.seq <= $${bounds + 1}::bigint AND ($${bounds + 3}::bigint[] IS NULL OR d.seq = ANY ($${bounds + 3})) ORDER BY d.seq LIMIT $${bounds + 2}` : ''}
      ),
      ours AS MATERIALIZED (
        ${part ? 'SELECT d.id, d.seq FROM dead_letters d WHERE d.id IN (SELECT id FROM found) FOR NO KEY UPDATE SKIP LOCKED' : 'SELECT id, seq FROM found'}
      ),
      changed AS (
        UPDATE dead_letters d SET ${effect.set(states + 1)}, revision = d.revision + 1
        FROM ours f WHERE d.id = f.id AND d.state = ANY ($${states}::text[]) AND ${effect.fits?.(states + 1) ?? 'true'}
        RETURNING 1
      )
      SELECT (SELECT count(*)::integer FROM found) AS found, (SELECT count(*)::integer FROM changed) AS changed,
        (SELECT max(seq)::text FROM found) AS last,
        ARRAY(SELECT seq::text FROM found WHERE id NOT IN (SELECT id FROM ours)) AS held
      LIMIT 1`,
    params: [...params, ...own, ...(part ? [part.after, part.upTo, part.limit, part.among ?? null] : [])],
    schema: Applied,
  });
  return row ?? { found: 0, changed: 0, last: null, held: [] };
}

/** What an action does, at this instant. Pure. */
export function effectOf(action: Action, now: Date): Effect {
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
