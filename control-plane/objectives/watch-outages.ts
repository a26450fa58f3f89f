import type { Objective } from '@plumbline/model/catalog/objective.ts';
import { execute, inTransaction, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { alertIdOf, AlertState, quietAlert, stepAlert } from '@plumbline/slo/alert.ts';
import { minuteMs, minuteOf } from '@plumbline/slo/interval.ts';
import { readRuns } from '@plumbline/slo/outage-queries.ts';
import { judgeRun, outageRules, type Run } from '@plumbline/slo/outage.ts';
import { indicatorKey } from '@plumbline/slo/readings.ts';
import { z } from 'zod';
import { raiseAlert, type Finding } from '../alerts/raise.ts';
import type { Context } from '../context.ts';
import { holdsLease, takeJobLease } from '../job-lease.ts';
import { channelsOf, subjectOf } from './alert-subject.ts';
import { clearOthers } from './queries.ts';

const leaseName = 'outages';
const leaseMs = 20_000;
const objectivesMax = 10_000;
const outagePrefix = 'outage:';

/**
 * One look at the newest messages of every objective's flow, unless another process holds the lease. What is stored counts
 * only while the lease is ours. @returns whether it was this process that looked
 */
export async function watchOutages(context: Context, owner: string): Promise<boolean> {
  const { postgres, clickHouse } = context;
  const lease = await takeJobLease(postgres, leaseName, owner, leaseMs);
  if (!lease) return false;
  const { objectives } = context.catalog.current().catalog;
  const now = context.now();
  const flows = objectives.map(({ indicator }) => indicator.flow);
  const runs = flows.length > 0 ? await readRuns(clickHouse, flows, now.getTime()) : new Map<string, Run>();
  return inTransaction(postgres, async (on) => {
    if (!(await holdsLease(on, lease))) return false;
    const kept = await readStates(on);
    const firing: string[] = [];
    const stepped: { name: string; state: AlertState }[] = [];
    for (const objective of objectives) {
      const run = runs.get(indicatorKey(objective.indicator));
      const before = kept.get(objective.name) ?? quietAlert;
      const { state } = stepAlert(
        before,
        run ? judgeRun(run, objective.lowTraffic.badEventsMin) : 'neither',
        outageRules,
        minuteOf(now.getTime()),
      );
      stepped.push({ name: objective.name, state });
      if (state.phase !== 'firing') continue;
      const key = `${outagePrefix}${alertIdOf(objective.name, 'outage', 'page')}`;
      firing.push(key);
      // While the run says nothing new, what was said stands.
      if (before.phase !== 'firing' || (run?.bad ?? 0) > 0)
        await raiseAlert(on, findingOf(context, objective, key, run, now), context.randomId(), now);
    }
    await storeStates(on, stepped, now);
    await clearOthers(on, outagePrefix, firing, now);
    return true;
  });
}

function findingOf(
  context: Context,
  objective: Objective,
  key: string,
  run: Run | undefined,
  now: Date,
): Finding {
  const since = new Date(run?.badSinceMs ?? now.getTime());
  const bad = run?.bad ?? 0;
  return {
    key,
    severity: 'page',
    title: `${objective.title}: everything fails`,
    summary: `The last ${bad} messages failed, and none came through in between, since ${since.toISOString().slice(11, 19)} UTC.`,
    facts: [
      { name: 'Flow', value: objective.indicator.flow },
      { name: 'Failed in a row', value: String(bad) },
    ],
    ...subjectOf(context, objective),
    channels: channelsOf(context, objective),
    startedAt: since,
  };
}

const StateRow = z.object({ name: z.string(), state: AlertState });

async function readStates(on: Executor): Promise<Map<string, AlertState>> {
  const rows = await query(on, {
    name: 'outages.states',
    sql: `SELECT name, state FROM outage_states ORDER BY name LIMIT ${objectivesMax}`,
    params: [],
    schema: StateRow,
  });
  return new Map(rows.map(({ name, state }) => [name, state]));
}

async function storeStates(
  on: Executor,
  rows: readonly { name: string; state: AlertState }[],
  now: Date,
): Promise<void> {
  await execute(
    on,
    `INSERT INTO outage_states (name, state, looked_at)
     SELECT name, state, $2 FROM jsonb_to_recordset($1::jsonb) AS found (name text, state jsonb)
     ON CONFLICT (name) DO UPDATE SET state = excluded.state, looked_at = excluded.looked_at`,
    [JSON.stringify(rows), now],
  );
  await execute(on, 'DELETE FROM outage_states WHERE name <> ALL ($1::text[])', [
    rows.map(({ name }) => name),
  ]);
}

/** Objectives of which somebody was told at once: their outage lasts, or was over a short while ago. */
export async function readStruck(on: Executor, now: Date): Promise<Set<string>> {
  const states = await readStates(on);
  const heldMs = outageRules.reopenMinutes * minuteMs;
  const isHeld = ({ phase, resolvedMinute }: AlertState): boolean =>
    phase === 'firing' || (resolvedMinute !== null && now.getTime() < resolvedMinute * minuteMs + heldMs);
  return new Set([...states].filter(([, state]) => isHeld(state)).map(([name]) => name));
}
