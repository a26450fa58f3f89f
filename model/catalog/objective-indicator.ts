import type { z } from 'zod';
import { explainIssue } from './explain-issue.ts';
import { below, complain, type Findings, type Place } from './objective-place.ts';
import type { FlowIndicator } from './objective.ts';
import { FlowMetric, type IndicatorSpec } from './openslo.ts';
import { didYouMean } from './suggest.ts';

type Part = 'good' | 'bad' | 'total';

const counts: Record<Part, readonly FlowMetric['count'][]> = {
  good: ['succeeded'],
  bad: ['failed', 'dead-lettered'],
  total: ['all'],
};

/** What an OpenSLO indicator counts here. Undefined after a complaint that says how to write it instead. */
export function indicatorOf(
  spec: IndicatorSpec,
  place: Place,
  flows: readonly string[],
  findings: Findings,
): FlowIndicator | undefined {
  const ratio = spec.ratioMetric;
  if (ratio === undefined) {
    const why =
      spec.thresholdMetric === undefined
        ? 'write a ratioMetric'
        : 'a thresholdMetric is not read here; write a ratioMetric of good or bad and total messages';
    complain(findings, place, why);
    return undefined;
  }
  const at = below(place, 'ratioMetric');
  if (ratio.raw !== undefined) {
    complain(
      findings,
      below(at, 'raw'),
      'a ratio that is computed elsewhere cannot be summed; write good or bad, and total',
    );
    return undefined;
  }
  if (ratio.total === undefined || (ratio.good === undefined) === (ratio.bad === undefined)) {
    complain(findings, at, 'write total, and either good or bad');
    return undefined;
  }
  const numerator = ratio.good === undefined ? 'bad' : 'good';
  const part = metricOf(ratio.good ?? ratio.bad, numerator, at, flows, findings);
  const total = metricOf(ratio.total, 'total', at, flows, findings);
  if (part === undefined || total === undefined) return undefined;
  if (part.flow !== total.flow || part.operation !== total.operation) {
    complain(findings, below(at, 'total'), `total must count the same flow and operation as ${numerator}`);
    return undefined;
  }
  const bad = part.count === 'dead-lettered' ? 'dead-lettered' : 'failed';
  return { flow: part.flow, operation: part.operation, bad };
}

function metricOf(
  metric: NonNullable<IndicatorSpec['ratioMetric']>['total'],
  part: Part,
  ratio: Place,
  flows: readonly string[],
  findings: Findings,
): FlowMetric | undefined {
  if (metric === undefined) return undefined;
  const at = below(ratio, part, 'metricSource');
  const { type, spec } = metric.metricSource;
  if (type?.toLowerCase() !== 'plumbline') {
    const read = type === undefined ? 'A metric source by reference' : `The metric source "${type}"`;
    complain(
      findings,
      type === undefined ? at : below(at, 'type'),
      `${read} is not read here; write type: Plumbline with spec: { flow: …, count: ${counts[part][0]} }`,
    );
    return undefined;
  }
  const parsed = FlowMetric.safeParse(spec);
  if (!parsed.success) {
    complainOfSpec(parsed.error, spec, below(at, 'spec'), findings);
    return undefined;
  }
  if (!counts[part].includes(parsed.data.count)) {
    const why = `${part} counts ${counts[part].join(' or ')}, not ${parsed.data.count}`;
    complain(findings, below(at, 'spec', 'count'), why);
    return undefined;
  }
  if (!flows.includes(parsed.data.flow)) {
    const ending = flows.length === 0 ? '; declare it' : didYouMean(parsed.data.flow, flows);
    complain(findings, below(at, 'spec', 'flow'), `unknown flow "${parsed.data.flow}"${ending}`);
    return undefined;
  }
  return parsed.data;
}

function complainOfSpec(error: z.ZodError, spec: unknown, place: Place, findings: Findings): void {
  for (const issue of error.issues) {
    for (const { path, message } of explainIssue(spec, issue, FlowMetric)) {
      complain(findings, below(place, ...path), message);
    }
  }
}
