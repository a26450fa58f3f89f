import { principalOf } from '../access/principal.ts';
import type { Actor } from '../actor.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { openActions } from './actions.ts';
import { type DetailRow, findReplay, readPace, type SummaryRow } from './queries.ts';
import type { ReplayDetail, ReplaySummary } from './schemas.ts';

/** Everything about one replay, as the present actor sees it. @throws Problem not_found */
export async function readReplay(context: Context, actor: Actor, id: string): Promise<ReplayDetail> {
  const [row, pace, principal] = await Promise.all([
    findReplay(context.postgres, id),
    readPace(context.postgres, id, context.now()),
    principalOf(context.postgres, actor),
  ]);
  if (!row) throw noSuchReplay();
  const isForced = row.force.superseded || row.force.quarantined;
  const { state, needsApproval, requestedPrincipal } = row;
  return {
    ...summarize(context, row),
    filter: row.filter,
    manifestHash: row.manifestHash,
    approvalHash: row.approvalHash,
    patch: row.patch,
    perSecond: row.perSecond,
    stages: describeStages(row),
    haltRatio: row.haltRatio,
    serial: row.serial,
    force: isForced ? row.force : null,
    confirmWithinMs: row.confirmWithinMs,
    preview: row.preview,
    pace,
    ...openActions({ state, needsApproval, isForced, requestedPrincipal, principal, actor }),
  };
}

export function noSuchReplay(): Problem {
  return new Problem(
    'not_found',
    'There is no such replay. A preview that nobody started is gone after a day.',
  );
}

/** A row as the API gives it. */
export function summarize(context: Context, row: SummaryRow): ReplaySummary {
  const { id, flow, state, reason, destination, edited, counts, needsApproval } = row;
  const { scheduledFor, startedAt, finishedAt, haltedWhy, revision } = row;
  const title = context.catalog.current().catalog.flows.find(({ name }) => name === flow)?.title ?? flow;
  return {
    id,
    flow,
    flowTitle: title,
    state,
    reason,
    destination,
    edited,
    counts,
    requestedBy: { id: row.requestedBy, name: row.requestedName, at: row.requestedAt },
    decidedBy:
      row.decidedBy !== null && row.decidedAt !== null
        ? { id: row.decidedBy, name: row.decidedName ?? '', at: row.decidedAt }
        : null,
    needsApproval,
    scheduledFor,
    startedAt,
    finishedAt,
    haltedWhy,
    revision,
  };
}

/** Stages by size with what became of each; the rest is the last. `stage` messages are through. */
export function describeStages(
  row: Pick<DetailRow, 'counts' | 'stages' | 'stage' | 'state'>,
): ReplayDetail['stages'] {
  const { items } = row.counts;
  const described: ReplayDetail['stages'] = [];
  let before = 0;
  for (const size of [...row.stages, Number.POSITIVE_INFINITY]) {
    const end = Math.min(items, before + size);
    if (end <= before) break;
    const isUnderWay = row.stage >= before && row.stage < end;
    described.push({
      size: end - before,
      state: row.stage >= end ? 'passed' : stateOf(isUnderWay, row.state),
    });
    before = end;
  }
  return described;
}

function stateOf(
  isUnderWay: boolean,
  state: DetailRow['state'],
): 'waiting' | 'running' | 'halted' | 'passed' {
  if (!isUnderWay) return 'waiting';
  if (state === 'halted') return 'halted';
  return state === 'running' || state === 'paused' ? 'running' : 'waiting';
}
