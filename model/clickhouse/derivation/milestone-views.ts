import type { Catalog, Process } from '../../catalog/schema.ts';
import { entityOf } from './key-expressions.ts';
import { quoteAll } from './sql-text.ts';
import type { View } from './view.ts';

/** Milestones of every process, by run and by time. */
export function milestoneViews(catalog: Catalog): View[] {
  const rules = catalog.processes.flatMap(rulesOf);
  return [
    {
      name: 'milestones_from_business_events',
      source: 'business_events',
      target: 'milestones',
      // The table's engine joins equal keys while it writes: grouping here as well would do the work twice.
      query: `SELECT
    Process, Key, Milestone, EventTime AS At, (EventTime, System, TraceId, SpanId) AS Source,
    EventAmount AS Amount, EventCurrency AS Currency, toStartOfMonth(IngestTime) AS IngestMonth
FROM (${reached(rules)})`,
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
  readonly process: string;
  readonly milestone: string;
  readonly event: string;
  /** Empty when any system may reach the milestone. */
  readonly system: string;
  readonly lead: string;
  readonly amount: string;
  readonly currency: string;
}

/**
 * A milestone asks for its system only where its process knows the same event of two systems: elsewhere a
 * service that nobody mapped to its system would make every run look late.
 */
function rulesOf(process: Process): Rule[] {
  const timesNamed = (event: string) => process.milestones.filter((each) => each.event === event).length;
  const value = process.value;
  const rule = (milestone: string, event: string, system: string): Rule => {
    const worth = value?.event === event ? value : { amount: '', currency: '' };
    const { amount, currency } = worth;
    return { process: process.name, milestone, event, system, lead: process.lead, amount, currency };
  };
  const rules = process.milestones.map((each) =>
    rule(each.name, each.event, timesNamed(each.event) > 1 ? each.system : ''),
  );
  // The value event is kept under no milestone's name when no milestone waits for it.
  return value && timesNamed(value.event) === 0 ? [...rules, rule('', value.event, '')] : rules;
}

/**
 * Milestones that events reach, one row for each run. Rules are carried through the rows as their numbers and looked
 * up at the end: copying their texts to every event cost three times as much.
 */
function reached(rules: readonly Rule[]): string {
  const events = [...new Set(rules.map((rule) => rule.event))];
  const numbers = events.map((event) =>
    rules.flatMap((rule, index) => (rule.event === event ? [index + 1] : [])),
  );
  const column = (field: keyof Rule): string => `${quoteAll(rules.map((rule) => rule[field]))}[rule]`;
  const rulesOfEvent = numbers.map((each) => `[${each.join(', ')}]`).join(', ') || '[0]';
  return `
    SELECT
        ${column('process')} AS Process, ${column('milestone')} AS Milestone,
        arrayJoin(arrayFilter(k -> ${entityOf('k')} = ${column('lead')}, Keys)) AS Key,
        EventTime, System, TraceId, SpanId, IngestTime,
        toDecimal128OrNull(Attributes[${column('amount')}], 6)::Nullable(Decimal(38, 6)) AS EventAmount,
        Attributes[${column('currency')}] AS EventCurrency
    FROM (SELECT *, arrayJoin([${rulesOfEvent}][indexOf(${quoteAll(events)}, Event)]) AS rule FROM business_events WHERE has(${quoteAll(events)}, Event))
    WHERE ${column('system')} IN ('', System)
`;
}
