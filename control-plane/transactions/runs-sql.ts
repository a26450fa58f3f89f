import { durationMs, type Milestone, type Process } from '@plumbline/model/catalog/schema.ts';
import { quote } from '@plumbline/model/clickhouse/derivation/sql-text.ts';
import { baseOf } from './milestones.ts';

/**
 * SQL of the runs of one process that were active in a range, one row a run, with the state that `judgeMilestones` and
 * `runState` give: what a list filters and counts by must be known to the engine. A test holds the two against each other.
 * Columns: process, key, at (array, one instant or NULL a milestone), startedAt, lastAt, state, amount, currency.
 * Parameters: from, to, now.
 */
export function runsSql(process: Process): string {
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
             min(At) AS startedAt, max(At) AS lastAt, max(Amount) AS amount, max(Currency) AS currency
      FROM milestones
      WHERE Process = ${quote(process.name)} AND Key IN (
        SELECT Key FROM milestone_times
        WHERE Process = ${quote(process.name)} AND At >= {from:DateTime64(3)} AND At < {to:DateTime64(3)}
      )
      GROUP BY Key
      HAVING startedAt >= {from:DateTime64(3)} AND startedAt < {to:DateTime64(3)}
    )`;
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
