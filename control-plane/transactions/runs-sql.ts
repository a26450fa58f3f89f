import { durationMs, type Milestone, type Process } from '@plumbline/model/catalog/schema.ts';
import { quote } from '@plumbline/model/clickhouse/derivation/sql-text.ts';
import { baseOf } from './milestones.ts';

/**
 * SQL of the runs of one process, one row a run, with the state that `judgeMilestones` and `runState` give: what a list
 * filters and counts by must be known to the engine. A test holds the two against each other.
 * Columns: process, key, at (array, one instant or NULL a milestone), startedAt, lastAt, state, amount, currency.
 * @param which `begun`: runs that began in {from}..{to}, seen in {scanFrom}..{scanTo}; `page`: the same, when the range is
 * a small part of what is scanned; `keys`: the runs that {keys} lead, whenever. Further parameter: now.
 */
export function runsSql(process: Process, which: 'begun' | 'page' | 'keys'): string {
  const { milestones } = process;
  const required = milestones.flatMap((milestone, index) => (milestone.optional ? [] : [index]));
  const isComplete = all(required.map((index) => `isNotNull(at[${index + 1}])`));
  const wasLate = any(milestones.map((milestone, index) => reachedLate(process, milestone, index)));
  const isOverdue = any(milestones.map((milestone, index) => overdue(process, milestone, index)));
  return `
    SELECT ${quote(process.name)} AS process, key, at, startedAt, lastAt, amount, currency,
           multiIf(${isComplete}, if(${wasLate}, 'completed_late', 'completed'), ${wasLate} OR ${isOverdue}, 'late', 'on_track') AS state
    FROM (
      SELECT Key AS key,
             [${milestones.map(({ name }) => `minIfOrNull(At, Milestone = ${quote(name)})`).join(', ')}] AS at,
             min(At) AS startedAt, max(At) AS lastAt, max(Amount) AS amount, anyIf(Currency, Currency != '') AS currency
      ${source(process.name, which)}
    )`;
}

const inRange = (column: string) => `${column} >= {from:DateTime64(3)} AND ${column} < {to:DateTime64(3)}`;

function source(process: string, which: 'begun' | 'page' | 'keys'): string {
  const own = `Process = ${quote(process)}`;
  if (which === 'keys') {
    return `FROM milestones WHERE ${own} AND Key IN {keys:Array(String)} GROUP BY Key`;
  }
  const page = `AND Key IN (SELECT Key FROM milestone_times WHERE ${own} AND ${inRange('At')})`;
  return `FROM milestone_times
      WHERE ${own} AND At >= {scanFrom:DateTime64(3)} AND At < {scanTo:DateTime64(3)} ${which === 'page' ? page : ''}
      GROUP BY Key
      HAVING ${inRange('startedAt')}`;
}

/** How far before a range to look for the beginning of runs that were under way when it began. */
export function lookBackMs(processes: readonly Process[]): number {
  const dayMs = 86_400_000;
  const longest = Math.max(
    0,
    ...processes.map(({ milestones }) =>
      milestones.reduce((sum, { within }) => sum + (within === undefined ? 0 : durationMs(within)), 0),
    ),
  );
  return Math.min(Math.max(dayMs, longest), 14 * dayMs);
}

function deadline(process: Process, milestone: Milestone): string | undefined {
  const base = process.milestones.findIndex(({ name }) => name === baseOf(process, milestone));
  if (base < 0 || milestone.within === undefined) return undefined;
  return `at[${base + 1}] + toIntervalMillisecond(${durationMs(milestone.within)})`;
}

function reachedLate(process: Process, milestone: Milestone, index: number): string {
  const due = deadline(process, milestone);
  return due === undefined ? 'false' : `ifNull(at[${index + 1}] > ${due}, false)`;
}

function overdue(process: Process, milestone: Milestone, index: number): string {
  const due = deadline(process, milestone);
  if (due === undefined || milestone.optional) return 'false';
  return `(isNull(at[${index + 1}]) AND ifNull(${due} < {now:DateTime64(3)}, false))`;
}

function all(conditions: readonly string[]): string {
  return conditions.length === 0 ? 'true' : `(${conditions.join(' AND ')})`;
}

function any(conditions: readonly string[]): string {
  const real = conditions.filter((condition) => condition !== 'false');
  return real.length === 0 ? 'false' : `(${real.join(' OR ')})`;
}
