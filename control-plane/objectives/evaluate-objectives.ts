import { inTransaction, type Executor } from '@plumbline/model/postgres/pool.ts';
import { alertIdOf } from '@plumbline/slo/alert.ts';
import { minuteOf } from '@plumbline/slo/interval.ts';
import {
  createEngine,
  newKept,
  readHistory,
  runTick,
  type Engine,
  type Outcome,
} from '@plumbline/slo/tick.ts';
import { raiseAlert } from '../alerts/raise.ts';
import type { Context } from '../context.ts';
import { holdsLease, takeJobLease } from '../job-lease.ts';
import { channelsOf, subjectOf } from './alert-subject.ts';
import { alertText, type Which } from './alert-text.ts';
import { clearOthers, keyPrefix, readKept, readLasting, storeOutcomes } from './queries.ts';
import { ObjectiveFigures } from './schemas.ts';
import { readStruck } from './watch-outages.ts';

const leaseName = 'objectives';
const leaseMs = 30_000;
const kinds: readonly Which[] = ['page', 'ticket', 'stale'];

/** What the process that evaluates keeps between ticks. */
export interface Evaluator {
  readonly owner: string;
  engine: Engine | undefined;
}

/**
 * One tick over all objectives, unless another process holds the lease. States and alerts are stored in one transaction
 * that counts only while the lease is ours, so a process that was frozen in the middle changes nothing when it wakes.
 * @returns whether it was this process that evaluated
 */
export async function evaluateObjectives(context: Context, evaluator: Evaluator): Promise<boolean> {
  const { postgres, clickHouse } = context;
  const lease = await takeJobLease(postgres, leaseName, evaluator.owner, leaseMs);
  if (!lease) {
    evaluator.engine = undefined;
    return false;
  }
  const renewing = setInterval(() => {
    takeJobLease(postgres, leaseName, evaluator.owner, leaseMs).catch(() => undefined);
  }, leaseMs / 3);
  try {
    const { catalog } = context.catalog.current();
    const now = context.now();
    if (evaluator.engine?.catalog.hash !== catalog.hash) {
      const engine = createEngine(catalog);
      await readHistory(engine, clickHouse, now.getTime());
      evaluator.engine = engine;
    }
    const kept = await readKept(postgres);
    const fresh = newKept(minuteOf(now.getTime()));
    const outcomes = await runTick(
      evaluator.engine,
      clickHouse,
      ({ name }) => kept.get(name) ?? fresh,
      now.getTime(),
    );
    return await inTransaction(postgres, async (on) => {
      if (!(await holdsLease(on, lease))) return false;
      await storeOutcomes(on, outcomes, (name) => (kept.get(name) ?? fresh).createdMinute, now);
      await tell(context, on, outcomes, now);
      return true;
    });
  } finally {
    clearInterval(renewing);
  }
}

/** Makes the alerts what the objectives say now: what fires is raised, and everything else of theirs is over. */
async function tell(context: Context, on: Executor, outcomes: readonly Outcome[], now: Date): Promise<void> {
  const firing: string[] = [];
  const lasting = await readLasting(on, keyPrefix);
  const struck = await readStruck(on, now);
  for (const outcome of outcomes) {
    for (const which of kinds) {
      if (!isTold(outcome, which)) continue;
      const found = findingOf(context, outcome, which, now);
      // The page of an outage says more, sooner: the burn that it leaves behind wakes nobody a second time.
      if (which === 'page' && struck.has(outcome.objective.name) && !lasting.has(found.key)) continue;
      firing.push(found.key);
      await raiseAlert(on, found, context.randomId(), now);
    }
  }
  await clearOthers(on, keyPrefix, firing, now);
}

/** A page stands for the ticket of the same budget: who was woken need not be told again for working hours. */
function isTold({ state }: Outcome, which: Which): boolean {
  if (state[which].phase !== 'firing') return false;
  return which !== 'ticket' || state.page.phase !== 'firing';
}

function findingOf(context: Context, outcome: Outcome, which: Which, now: Date) {
  const { objective, state, transitions, explanation } = outcome;
  const [kind, severity] = which === 'stale' ? (['stale', 'ticket'] as const) : (['burn', which] as const);
  const id = alertIdOf(objective.name, kind, severity);
  const begun = transitions.findLast(({ alert, to }) => alert === id && to === 'firing')?.impactStartMs;
  const firedMinute = state[which].firedMinute;
  return {
    key: `${keyPrefix}${id}`,
    severity,
    ...alertText(objective, ObjectiveFigures.parse(explanation), which),
    ...subjectOf(context, objective),
    channels: channelsOf(context, objective),
    startedAt: new Date(begun ?? (firedMinute === null ? now.getTime() : firedMinute * 60_000)),
  };
}
