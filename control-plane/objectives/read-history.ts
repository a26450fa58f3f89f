import type { Objective } from '@plumbline/model/catalog/objective.ts';
import { nominalMinutes } from '@plumbline/model/catalog/burn-windows.ts';
import { query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { type Backtest, backtest, summarizeBacktest } from '@plumbline/slo/backtest.ts';
import { budgetHistory } from '@plumbline/slo/budget.ts';
import { dayMinutes, type Interval, minuteMs, minuteOf } from '@plumbline/slo/interval.ts';
import type { Tape } from '@plumbline/slo/tape.ts';
import { createEngine, newKept, readHistory, tapeFor } from '@plumbline/slo/tick.ts';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { rememberFor } from '../remember.ts';
import { readKept } from './queries.ts';
import type { ObjectiveHistory } from './schemas.ts';

const pointsMax = 180;
const alertsMax = 500;
/** A stretch of one objective is few rows, so few queries read it all. */
const stepMinutes = 10 * dayMinutes;
/** Who looks at the same a moment later sees the same. */
const lifeMs = 60_000;

/** Reads histories; the same one asked for again within a minute costs nothing. @throws Problem not_found */
export function createHistories(context: Context): (name: string, days: number) => Promise<ObjectiveHistory> {
  const remember = rememberFor<ObjectiveHistory>(lifeMs, context.now, 50);
  return (name, days) => {
    const { catalog } = context.catalog.current();
    const objective = catalog.objectives.find((one) => one.name === name);
    if (!objective) throw new Problem('not_found', `The catalog declares no objective ${name}.`);
    return remember(`${catalog.hash} ${name} ${days}`, () => readOne(context, objective, days));
  };
}

async function readOne(context: Context, objective: Objective, days: number): Promise<ObjectiveHistory> {
  const { clickHouse, postgres } = context;
  const nowMs = context.now().getTime();
  const to = minuteOf(nowMs) - 1;
  const from = to - days * dayMinutes;
  const { catalog } = context.catalog.current();
  const engine = createEngine({ ...catalog, objectives: [objective] });
  const needed = { ...engine, keepMinutes: engine.keepMinutes + days * dayMinutes };
  const [kept, incidents] = await Promise.all([
    readKept(postgres),
    readIncidents(postgres, objective.indicator.flow, { from, to }),
    readHistory(needed, clickHouse, nowMs, { flows: flowsHeard(catalog.flows, objective), stepMinutes }),
  ]);
  const own = kept.get(objective.name) ?? newKept(to);
  const start = from - nominalMinutes(objective.window) - dayMinutes;
  const tape = tapeFor(engine, objective, own, { from: start, to });
  return {
    from: instant(from),
    to: instant(to),
    ...pointsOf(objective, tape, { from, to }),
    backtest: told(backtest(objective, tape, { from, to }, incidents)),
  };
}

/** The flow itself, and those that show whether the system that reports it speaks at all. */
function flowsHeard(
  flows: readonly { name: string; source: string; target: string }[],
  { indicator }: Objective,
): string[] {
  const own = flows.find(({ name }) => name === indicator.flow);
  const reporter = indicator.operation === 'process' ? own?.target : own?.source;
  return flows
    .filter(({ source, target }) => source === reporter || target === reporter)
    .map(({ name }) => name)
    .concat(indicator.flow);
}

/** The budget at every step, and what was counted in it. */
function pointsOf(objective: Objective, tape: Tape, { from, to }: Interval) {
  const step = Math.max(60, Math.ceil((to - from) / pointsMax / 60) * 60);
  const points = budgetHistory(objective, tape, from, to, step).map(({ minute, remaining }) => {
    const { good, total } = tape.sums(minute - step, minute);
    return { at: instant(minute), total, bad: total - good, remaining };
  });
  return { stepSeconds: step * 60, points };
}

function told(result: Backtest): ObjectiveHistory['backtest'] {
  const alerts: ObjectiveHistory['backtest']['alerts'] = [];
  const lasting = new Map<string, (typeof alerts)[number]>();
  for (const { alert, kind, severity, to, atMs, impactStartMs } of result.transitions) {
    const known = lasting.get(alert);
    if (to === 'firing' && !known) {
      const startedAt = impactStartMs === null ? null : new Date(impactStartMs).toISOString();
      const fired = { kind, severity, startedAt, firedAt: new Date(atMs).toISOString(), resolvedAt: null };
      lasting.set(alert, fired);
      alerts.push(fired);
    } else if (to === 'resolved' && known) {
      known.resolvedAt = new Date(atMs).toISOString();
      lasting.delete(alert);
    }
  }
  const { pages, tickets, frozenMinutes, incidents, caught, detectionMinutesMedian } = result;
  const summary = summarizeBacktest(result);
  return {
    summary,
    pages,
    tickets,
    frozenMinutes,
    incidents,
    caught,
    detectionMinutesMedian,
    alerts: alerts.slice(-alertsMax).reverse(),
  };
}

/** Troubles of the flow that people or alerts made incidents of, as minutes. */
async function readIncidents(on: Executor, flow: string, { from, to }: Interval): Promise<Interval[]> {
  const rows = await query(on, {
    name: 'objectives.incidents',
    sql: `
      SELECT impact_started_at AS "from", coalesce(restored_at, $3) AS "to" FROM incidents
      WHERE $1 = ANY (flows) AND impact_started_at >= $2 AND impact_started_at < $3
      ORDER BY number LIMIT 1000`,
    params: [flow, new Date(from * minuteMs), new Date(to * minuteMs)],
    schema: z.object({ from: z.date(), to: z.date() }),
  });
  return rows.map((row) => ({ from: minuteOf(row.from.getTime()), to: minuteOf(row.to.getTime()) + 1 }));
}

function instant(minute: number): string {
  return new Date(minute * minuteMs).toISOString();
}
