import { durationMs } from '@plumbline/model/catalog/schema.ts';
import type { Probe } from '@plumbline/model/catalog/probe.ts';
import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import type { TimeRange } from '../range.ts';
import { readLastRuns, readRuns, summarizeRuns } from './queries.ts';
import type { ProbeDetail, ProbeRun, ProbeView } from './schemas.ts';

/** A turn is late by its jitter, its timeout and the way of its span; two turns are never missed by chance. */
const missedTurns = 3;
const slackMs = 60_000;

/** Every probe of the catalog with what it found in a range. */
export function listProbes(context: Context, range: TimeRange): Promise<ProbeView[]> {
  return viewsOf(context, context.catalog.current().catalog.probes, range);
}

/** One probe with its runs in a range. @throws Problem not_found */
export async function readProbe(
  context: Context,
  name: string,
  range: TimeRange,
): Promise<Omit<ProbeDetail, 'range'>> {
  const declared = context.catalog.current().catalog.probes.filter((probe) => probe.name === name);
  if (declared.length === 0) throw new Problem('not_found', `The catalog declares no probe ${name}.`);
  const [[probe], runs] = await Promise.all([
    viewsOf(context, declared, range),
    readRuns(context.clickHouse, name, range),
  ]);
  if (!probe) throw new Error(`the probe ${name} has no view`);
  return { probe, runs };
}

async function viewsOf(
  { clickHouse, now }: Context,
  probes: readonly Probe[],
  range: TimeRange,
): Promise<ProbeView[]> {
  if (probes.length === 0) return [];
  const names = probes.map(({ name }) => name);
  const [summaries, lasts] = await Promise.all([
    summarizeRuns(clickHouse, names, range),
    readLastRuns(clickHouse, names, range.to),
  ]);
  const summaryOf = new Map(summaries.map((row) => [row.probe, row]));
  const lastOf = new Map(lasts.map(({ probe, ...run }) => [probe, run]));
  // A range that ended long ago is judged as it was then.
  const asOf = Math.min(now().getTime(), range.to.getTime());
  return probes.map((probe) => {
    const { name, title, description, system, flow, check, conditions } = probe;
    const last = lastOf.get(name) ?? null;
    const summary = summaryOf.get(name);
    const everyMs = durationMs(probe.every);
    return {
      name,
      title,
      description: description ?? '',
      kind: check.kind,
      system,
      flow: flow ?? null,
      everyMs,
      conditions: [...conditions],
      state: stateOf(last, asOf, everyMs),
      last,
      runs: summary?.runs ?? 0,
      passed: summary?.passed ?? 0,
      durationP95Ms: summary?.durationP95Ms ?? null,
    };
  });
}

/** What the newest run says, as long as it is new enough to say anything. Pure. */
export function stateOf(last: ProbeRun | null, asOfMs: number, everyMs: number): ProbeView['state'] {
  if (!last) return 'never';
  if (asOfMs - Date.parse(last.at) > missedTurns * everyMs + slackMs) return 'silent';
  if (last.outcome === 'passed') return 'passing';
  return last.outcome === 'failed' ? 'failing' : 'unjudged';
}
