import type { Flow, Match } from '../../catalog/schema.ts';
import { attribute } from '../../telemetry/attributes.ts';
import { likePattern, quote, quoteAll } from './sql-text.ts';
import { matchSubject } from './span-attributes.ts';

/** SQL of the flow of a span: the one that it names itself, else the one that the catalog matches, else ''. */
export function flowOf(flows: readonly Flow[]): string {
  const named = `SpanAttributes[${quote(attribute.flow)}]`;
  return `if(${named} != '', ${named}, ${matchedFlow(flows)})`;
}

/** Position of a flow that no span matches; the catalog holds at most 2,000 flows. */
const noFlow = 65535;

/** More combinations than this of a match's alternatives are tested one condition at a time. */
const combinationsMax = 64;

const separator = '\u001f';

/**
 * SQL for the flow that a span's attributes match, in the catalog's order; '' when none.
 * Matches without a glob become one hash look-up for each set of attributes, so that cost grows
 * with the number of attributes asked and not with the number of flows.
 */
export function matchedFlow(flows: readonly Flow[]): string {
  const lookups = new Map<string, { attributes: string[]; flowByValues: Map<string, number> }>();
  const conditions: string[] = [];
  flows.forEach((flow, index) => {
    for (const match of flow.match) {
      const combinations = exactCombinations(match);
      if (combinations === undefined) {
        conditions.push(`${condition(match)}, ${index + 1}`);
        continue;
      }
      const attributes = Object.keys(match).sort();
      const lookup = lookups.get(attributes.join(separator)) ?? { attributes, flowByValues: new Map() };
      lookups.set(attributes.join(separator), lookup);
      for (const values of combinations) {
        if (!lookup.flowByValues.has(values)) lookup.flowByValues.set(values, index + 1);
      }
    }
  });
  const positions = [...lookups.values()].map(lookupPosition);
  if (conditions.length > 0) positions.push(`multiIf(${conditions.join(', ')}, ${noFlow})`);
  if (positions.length === 0) return "''";
  const position = positions.length === 1 ? positions[0] : `least(${positions.join(', ')})`;
  return `${quoteAll(flows.map((flow) => flow.name))}[${position}]`;
}

/** Flows whose match asks for internal spans: only theirs count such a span as work on a message. */
export function internalFlows(flows: readonly Flow[]): string[] {
  return flows
    .filter((flow) => flow.match.some((match) => wanted(match, 'span.kind').includes('internal')))
    .map((flow) => flow.name);
}

function lookupPosition(lookup: { attributes: string[]; flowByValues: Map<string, number> }): string {
  const subjects = lookup.attributes.map(matchSubject);
  const subject = subjects.length === 1 ? subjects[0] : `concat(${subjects.join(`, ${quote(separator)}, `)})`;
  const positions = [...lookup.flowByValues.values()].map((position) => `${position}`);
  return `transform(${subject}, ${quoteAll([...lookup.flowByValues.keys()])}, [${positions.join(', ')}], ${noFlow})`;
}

function exactCombinations(match: Match): string[] | undefined {
  let combinations = [''];
  for (const [position, attribute] of Object.keys(match).sort().entries()) {
    const values = wanted(match, attribute);
    if (values.some((value) => value.includes('*'))) return undefined;
    if (combinations.length * values.length > combinationsMax) return undefined;
    const lead = position === 0 ? '' : separator;
    combinations = combinations.flatMap((before) => values.map((value) => `${before}${lead}${value}`));
  }
  return combinations;
}

function condition(match: Match): string {
  const terms = Object.keys(match)
    .sort()
    .map((attribute) => {
      const alternatives = wanted(match, attribute).map((value) =>
        comparison(matchSubject(attribute), value),
      );
      return alternatives.length === 1 ? alternatives[0] : `(${alternatives.join(' OR ')})`;
    });
  return terms.join(' AND ');
}

function comparison(subject: string, value: string): string {
  if (!value.includes('*')) return `${subject} = ${quote(value)}`;
  // A bare `*` asks that the attribute be there at all, and an absent attribute reads as empty.
  if (/^\*+$/.test(value)) return `${subject} != ''`;
  return `${subject} LIKE ${quote(likePattern(value))}`;
}

function wanted(match: Match, attribute: string): string[] {
  const value = match[attribute];
  if (value === undefined) return [];
  const values = Array.isArray(value) ? value : [value];
  return attribute === 'span.kind' ? values.map((each) => each.toLowerCase()) : values;
}
