import type { MeasureOf } from '@plumbline/model/catalog/kpi.ts';
import { durationMs, type Catalog, type Process } from '@plumbline/model/catalog/schema.ts';
import { quote, quoteAll } from '@plumbline/model/clickhouse/derivation/sql-text.ts';
import { percentileFigures, type Definition, type Window } from './definition.ts';
import { dueAtSql, lookBackMs } from './due.ts';
import { bucketSql, decimal, dueSql, instantText, scanSql } from './row-sql.ts';

type Workflow = MeasureOf<'workflow-adherence'>['workflows'][number];

/** Workflow completion SLA adherence: whole runs of processes, from first to last required milestone. */
export function workflowAdherence(measure: MeasureOf<'workflow-adherence'>, catalog: Catalog): Definition {
  const declared = measure.workflows.flatMap((workflow) => {
    const process = catalog.processes.find(({ name }) => name === workflow.process);
    return process ? [{ workflow, process }] : [];
  });
  const promises = declared.map(({ workflow, process }) => {
    const calendar = catalog.calendars.find(({ name }) => name === workflow.calendar);
    return `${process.title} within ${workflow.within}${calendar ? ` of ${calendar.title}` : ''}`;
  });
  return {
    words: `How many runs that had to be complete in this period reached every required milestone in time: ${promises.join('; ')}.`,
    formula: 'runs complete by their deadline ÷ runs whose deadline lies in the period',
    unit: 'ratio',
    higherIsBetter: true,
    dims: ['Process', 'Held up at'],
    facts: [
      { title: 'Process', type: 'text' },
      { title: 'Began', type: 'instant' },
      { title: 'Complete', type: 'instant' },
      { title: 'Held up at', type: 'text' },
    ],
    extras: [],
    systems: [
      ...new Set(
        declared.flatMap(({ process }) =>
          process.milestones.filter(({ optional }) => !optional).map(({ system }) => system),
        ),
      ),
    ],
    percentiles: 'exact',
    rowsSql: (window) =>
      declared
        .map(({ workflow, process }) => runRows(workflow, process, catalog, window))
        .join('\n    UNION ALL'),
    figures: (sums) => [
      ...percentileFigures(sums),
      { name: 'open', title: 'Overdue and open', unit: 'count', value: sums.open },
    ],
  };
}

/** One row a run whose deadline lies in the periods. A milestone is reached by its first event. */
function runRows(workflow: Workflow, process: Process, catalog: Catalog, window: Window): string {
  const withinMs = durationMs(workflow.within);
  const calendar = catalog.calendars.find(({ name }) => name === workflow.calendar);
  const required = process.milestones.filter(({ optional }, index) => index === 0 || !optional);
  const reached = required.map(({ name }) => `minIfOrNull(milestone_times.At, Milestone = ${quote(name)})`);
  const titles = quoteAll(required.map(({ title }) => title));
  const onTime = 'ifNull(endedAt <= at, false)';
  return `
    SELECT concat(${quote(`${process.name}/`)}, key) AS id, key AS subject, at, ${decimal(onTime)} AS numerator,
      ${decimal('1')} AS denominator,
      if(isNull(endedAt), NULL, toFloat64(dateDiff('microsecond', startedAt, endedAt)) / 1000) AS measure,
      multiIf(${onTime}, 'on_time', isNull(endedAt), 'overdue', 'late') AS verdict,
      ${bucketSql('at', window)} AS bucket,
      [${quote(process.title)}, if(verdict = 'on_time', '', heldUp)] AS dims,
      [${quote(process.title)}, ${instantText('startedAt')}, ${instantText('endedAt')}, if(verdict = 'on_time', '', heldUp)] AS facts,
      CAST([], 'Array(Decimal(38, 6))') AS extras
    FROM (
      SELECT key, startedAt,
        if(arrayExists(x -> isNull(x), ats), NULL, arrayMax(arrayMap(x -> assumeNotNull(x), ats))) AS endedAt,
        if(isNull(endedAt), arrayElement(${titles}, arrayFirstIndex(x -> isNull(x), ats)),
           arrayElement(${titles}, arrayFirstIndex(x -> x = endedAt, ats))) AS heldUp,
        assumeNotNull(toDateTime64(${dueAtSql('startedAt', withinMs, calendar, window)}, 6)) AS at
      FROM (
        SELECT Key AS key, [${reached.join(', ')}] AS ats, arrayElement(ats, 1) AS startedAt
        FROM milestone_times
        WHERE Process = ${quote(process.name)} AND ${scanSql('milestone_times.At', lookBackMs(withinMs, calendar))}
        GROUP BY Key
        HAVING isNotNull(startedAt)
      )
    )
    WHERE ${dueSql('at')}`;
}
