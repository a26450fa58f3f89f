import { durationMs, type Milestone, type Process } from '@plumbline/model/catalog/schema.ts';
import type { z } from '@hono/zod-openapi';
import type { MilestoneState, TransactionState } from './schemas.ts';

export type MilestoneVerdict = {
  readonly milestone: Milestone;
  readonly state: z.output<typeof MilestoneState>;
  readonly at: Date | null;
  readonly dueAt: Date | null;
  /** Why there is no deadline, in a sentence; null where there is one, or nothing is waited for. */
  readonly noDueWhy: string | null;
};

/**
 * State of each milestone of a run at `now`. A deadline counts from when the milestone `after` was reached (default:
 * the first); while that is open there is no deadline yet.
 * @param reachedAt when each milestone was first reached, by its name.
 */
export function judgeMilestones(
  process: Process,
  reachedAt: ReadonlyMap<string, Date>,
  now: Date,
): MilestoneVerdict[] {
  const lastReached = process.milestones.findLastIndex(({ name }) => reachedAt.has(name));
  return process.milestones.map((milestone, position) => {
    const at = reachedAt.get(milestone.name) ?? null;
    const dueAt = deadlineOf(process, milestone, reachedAt);
    const passedBy = position < lastReached;
    const noDueWhy = at || dueAt ? null : whyNotDue(process, milestone, passedBy);
    return { milestone, at, dueAt, noDueWhy, state: stateOf(milestone, at, dueAt, passedBy, now) };
  });
}

function stateOf(
  milestone: Milestone,
  at: Date | null,
  dueAt: Date | null,
  passedBy: boolean,
  now: Date,
): MilestoneVerdict['state'] {
  if (at) return dueAt && at > dueAt ? 'reached_late' : 'reached';
  if (milestone.optional) return passedBy ? 'skipped' : 'waiting';
  if (!dueAt) return 'waiting';
  return dueAt < now ? 'overdue' : 'due';
}

/** Name of the milestone that another's deadline counts from; undefined for one without a deadline. */
export function baseOf(process: Process, milestone: Milestone): string | undefined {
  return milestone.within === undefined ? undefined : (milestone.after ?? process.milestones[0]?.name);
}

function deadlineOf(
  process: Process,
  milestone: Milestone,
  reachedAt: ReadonlyMap<string, Date>,
): Date | null {
  const base = reachedAt.get(baseOf(process, milestone) ?? '');
  return base && milestone.within !== undefined
    ? new Date(base.getTime() + durationMs(milestone.within))
    : null;
}

function whyNotDue(process: Process, milestone: Milestone, passedBy: boolean): string {
  const base = process.milestones.find(({ name }) => name === baseOf(process, milestone));
  if (base) return `due ${milestone.within} after ${base.title}`;
  if (passedBy) return 'passed by: later milestones are reached, so its event was never told';
  return 'no deadline in the catalog';
}

/**
 * How many things reached a milestone, of how many that reached the one its deadline counts from: of an order in two
 * shipments one may be invoiced. Null where there is but one of either. Distinct keys are counted, so that an event told
 * twice counts once.
 */
export function partsOf(
  process: Process,
  milestone: Milestone,
  events: readonly { readonly event: string; readonly key: string }[],
): { reached: number; of: number } | null {
  const count = (name: string): number =>
    new Set(events.filter(({ event }) => event === name).map(({ key }) => key)).size;
  const base = process.milestones.find(({ name }) => name === baseOf(process, milestone));
  const reached = count(milestone.event);
  const of = Math.max(reached, base ? count(base.event) : 0);
  return reached > 0 && of > 1 ? { reached, of } : null;
}

/** State of the run as a whole. */
export function runState(verdicts: readonly MilestoneVerdict[]): TransactionState {
  const isComplete = verdicts.every(({ milestone, at }) => milestone.optional || at !== null);
  const wasLate = verdicts.some(({ state }) => state === 'reached_late');
  if (isComplete) return wasLate ? 'completed_late' : 'completed';
  return wasLate || verdicts.some(({ state }) => state === 'overdue') ? 'late' : 'on_track';
}

/** What a run waits for: its first overdue milestone, else the next one that it must still reach. */
export function waitingFor(verdicts: readonly MilestoneVerdict[]): MilestoneVerdict | undefined {
  return (
    verdicts.find(({ state }) => state === 'overdue') ??
    verdicts.find(({ state, milestone }) => !milestone.optional && (state === 'due' || state === 'waiting'))
  );
}

/** How far a run has come, as its row in the list and its own page both show it. */
export function progressOf(process: Process, verdicts: readonly MilestoneVerdict[]) {
  const next = waitingFor(verdicts);
  return {
    process: process.name,
    processTitle: process.title,
    reached: verdicts.filter(({ at }) => at !== null).length,
    total: verdicts.filter(({ milestone, at }) => !milestone.optional || at !== null).length,
    waitingFor: next
      ? {
          name: next.milestone.name,
          title: next.milestone.title,
          system: next.milestone.system,
          dueAt: next.dueAt?.toISOString() ?? null,
          noDueWhy: next.noDueWhy,
        }
      : null,
  };
}
