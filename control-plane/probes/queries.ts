import { query, type ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { z } from 'zod';
import type { TimeRange } from '../range.ts';
import { ProbeRun } from './schemas.ts';

const probesMax = 2000;
const runsMax = 500;

/** Columns of a `ProbeRun`, under its own names. */
const runColumns = `
  Time AS at, Outcome AS outcome, DurationNs / 1e6 AS durationMs, FailedCondition AS failedCondition, Why AS why,
  Measures AS measures, TraceId AS traceId`;

const SummaryRow = z.object({
  probe: z.string(),
  runs: z.int(),
  passed: z.int(),
  durationP95Ms: z.number().nullable(),
});

/** How often each probe ran in a range and how often it passed. Reads the range of each name alone. */
export function summarizeRuns(clickHouse: ClickHouse, probes: readonly string[], range: TimeRange) {
  return query(clickHouse, {
    name: 'probes.summaries',
    sql: `
      SELECT Probe AS probe, toInt32(count()) AS runs, toInt32(countIf(Outcome = 'passed')) AS passed,
             quantile(0.95)(DurationNs / 1e6) AS durationP95Ms
      FROM probe_runs
      WHERE Probe IN {probes:Array(String)} AND Time >= {from:DateTime64(3)} AND Time <= {to:DateTime64(3)}
      GROUP BY Probe ORDER BY Probe LIMIT ${probesMax}`,
    params: { probes: [...probes], from: range.from, to: range.to },
    schema: SummaryRow,
  });
}

const NamedRun = ProbeRun.extend({ probe: z.string() });

/** The newest run of each probe up to an instant, and not older than a week. */
export function readLastRuns(clickHouse: ClickHouse, probes: readonly string[], to: Date) {
  return query(clickHouse, {
    name: 'probes.last',
    sql: `
      SELECT Probe AS probe, ${runColumns}
      FROM probe_runs
      WHERE Probe IN {probes:Array(String)} AND Time > {since:DateTime64(3)} AND Time <= {to:DateTime64(3)}
      ORDER BY Probe DESC, Time DESC
      LIMIT 1 BY Probe
      LIMIT ${probesMax}`,
    params: { probes: [...probes], to, since: new Date(to.getTime() - 7 * 86_400_000) },
    schema: NamedRun,
  });
}

/** Runs of one probe in a range, the newest first; of more than 500 the newest. */
export function readRuns(clickHouse: ClickHouse, probe: string, range: TimeRange): Promise<ProbeRun[]> {
  return query(clickHouse, {
    name: 'probes.runs',
    sql: `
      SELECT ${runColumns}
      FROM probe_runs
      WHERE Probe = {probe:String} AND Time >= {from:DateTime64(3)} AND Time <= {to:DateTime64(3)}
      ORDER BY Time DESC LIMIT ${runsMax}`,
    params: { probe, from: range.from, to: range.to },
    schema: ProbeRun,
  });
}
