import type { Catalog, Process } from '../../catalog/schema.ts';
import { entityOf } from './key-expressions.ts';
import { quote } from './sql-text.ts';
import type { View } from './view.ts';

/** Milestones of every process, by run and by time. */
export function milestoneViews(catalog: Catalog): View[] {
  const rules = catalog.processes.flatMap(rulesOf);
  return [
    {
      name: 'milestones_from_business_events',
      source: 'business_events',
      target: 'milestones',
      query: `SELECT
    Process, Key, Milestone,
    min(EventTime) AS At,
    min((EventTime, System, TraceId, SpanId)) AS Source,
    max(EventAmount) AS Amount,
    max(EventCurrency) AS Currency,
    toStartOfMonth(max(IngestTime)) AS IngestMonth
FROM (${reached(rules)})
GROUP BY Process, Key, Milestone`,
    },
    {
      name: 'milestone_times_from_business_events',
      source: 'business_events',
      target: 'milestone_times',
      query: `SELECT
    Process, EventTime AS At, Key, Milestone, EventAmount AS Amount, EventCurrency AS Currency, toStartOfMonth(IngestTime) AS IngestMonth
FROM (${reached(rules)})`,
    },
  ];
}

interface Rule {
  readonly event: string;
  readonly sql: string;
}

/**
 * A milestone asks for its system only where its process knows the same event of two systems: elsewhere a
 * service that nobody mapped to its system would make every run look late.
 */
function rulesOf(process: Process): Rule[] {
  const timesNamed = (event: string) => process.milestones.filter((each) => each.event === event).length;
  const value = process.value;
  const rule = (milestone: string, event: string, system: string): Rule => {
    const worth = value?.event === event ? [value.amount, value.currency] : ['', ''];
    const texts = [process.name, milestone, event, system, process.lead, ...worth];
    return { event, sql: `(${texts.map(quote).join(', ')})` };
  };
  const rules = process.milestones.map((each) =>
    rule(each.name, each.event, timesNamed(each.event) > 1 ? each.system : ''),
  );
  // The value event is kept under no milestone's name when no milestone waits for it.
  return value && timesNamed(value.event) === 0 ? [...rules, rule('', value.event, '')] : rules;
}

function reached(rules: readonly Rule[]): string {
  if (rules.length === 0) return reached([{ event: '', sql: "('', '', '', '', '', '', '')" }]);
  const events = [...new Set(rules.map((rule) => rule.event))].map(quote).join(', ');
  return `
    SELECT
        rule.1 AS Process, rule.2 AS Milestone,
        arrayJoin(arrayFilter(k -> ${entityOf('k')} = rule.5, Keys)) AS Key,
        EventTime, System, TraceId, SpanId, IngestTime,
        if(rule.6 = '', NULL, toDecimal128OrNull(Attributes[rule.6], 6))::Nullable(Decimal(38, 6)) AS EventAmount,
        if(rule.7 = '', '', Attributes[rule.7]) AS EventCurrency
    FROM business_events
    ARRAY JOIN arrayFilter(r -> r.3 = Event AND (r.4 = '' OR r.4 = System), [${rules.map((rule) => rule.sql).join(', ')}]) AS rule
    WHERE Event IN (${events})
`;
}
