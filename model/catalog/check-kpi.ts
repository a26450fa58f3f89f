import { compareTexts } from './catalog-error.ts';
import type { LocatedDocument } from './documents.ts';
import { type Kpi, type KpiReport, type KpiTarget, usualTargets } from './kpi.ts';
import { below, complain, type Findings, type Place } from './objective-place.ts';
import { durationMs } from './schema.ts';
import { didYouMean } from './suggest.ts';

const kpisMax = 50;
const reportsMax = 50;
const withinMsMax = 31 * 86_400_000;

/** Names of the rest of the catalog that KPIs may mention. */
export interface KnownToKpis {
  readonly systems: readonly string[];
  readonly flows: readonly string[];
  readonly entities: readonly string[];
  readonly processes: readonly string[];
  readonly calendars: readonly string[];
}

type KpiDocument = Extract<LocatedDocument, { kind: 'Kpi' }>;
type ReportDocument = Extract<LocatedDocument, { kind: 'KpiReport' }>;

/** Checks what a schema cannot: names of other things, durations, and a target that its kind can have. */
export function compileKpis(
  documents: readonly LocatedDocument[],
  known: KnownToKpis,
): Findings & { readonly kpis: readonly Kpi[]; readonly kpiReports: readonly KpiReport[] } {
  const findings: Findings = { errors: [], warnings: [] };
  const located = documents.filter((each): each is KpiDocument => each.kind === 'Kpi');
  const reports = documents.filter((each): each is ReportDocument => each.kind === 'KpiReport');
  refuseTooMany(located, kpisMax, 'KPIs', findings);
  refuseTooMany(reports, reportsMax, 'reports', findings);
  const byName = (a: { name: string }, b: { name: string }) => compareTexts(a.name, b.name);
  return {
    ...findings,
    kpis: located.map((each) => compileKpi(each, known, findings)).toSorted(byName),
    kpiReports: reports
      .map(({ document: { metadata, spec } }) => ({ ...nameOf(metadata), ...spec }))
      .toSorted(byName),
  };
}

function compileKpi({ document, source }: KpiDocument, known: KnownToKpis, findings: Findings): Kpi {
  const { metadata, spec } = document;
  const at: Place = { source, path: ['spec'] };
  const usual = usualTargets[spec.measure.kind];
  const target = spec.target ?? usual;
  if (directionOf(target) !== directionOf(usual)) {
    const why = `write ${directionOf(usual)}, as a ${spec.measure.kind} is measured`;
    complain(findings, below(at, 'target'), why);
  }
  checkMeasure(spec.measure, below(at, 'measure'), known, findings);
  return { ...spec, ...nameOf(metadata), target };
}

function checkMeasure(measure: Kpi['measure'], at: Place, known: KnownToKpis, findings: Findings): void {
  const check = (kind: keyof KnownToKpis, name: string | undefined, ...path: (string | number)[]) => {
    if (name === undefined || known[kind].includes(name)) return;
    const word = kind === 'entities' ? 'entity' : kind === 'processes' ? 'process' : kind.slice(0, -1);
    complain(findings, below(at, ...path), `unknown ${word} "${name}"${didYouMean(name, known[kind])}`);
  };
  const checkWithin = (within: string, ...path: (string | number)[]) => {
    const withinMs = durationMs(within);
    if (withinMs < 1 || withinMs > withinMsMax)
      complain(findings, below(at, ...path), 'write a duration of at least 1ms and at most 31d');
  };
  switch (measure.kind) {
    case 'order-latency':
    case 'invoice-timeliness':
      check('entities', measure.entity, 'entity');
      check('systems', measure.system, 'system');
      check('calendars', measure.calendar, 'calendar');
      checkWithin(measure.within, 'within');
      for (const [index, one] of measure.contributors.entries())
        if (one.of === 'key') check('entities', one.entity, 'contributors', index, 'entity');
      return;
    case 'stock-accuracy':
      check('entities', measure.entity, 'entity');
      check('systems', measure.actual, 'actual');
      check('systems', measure.book, 'book');
      if (measure.inFlight) {
        check('entities', measure.inFlight.entity, 'inFlight', 'entity');
        checkWithin(measure.inFlight.within, 'inFlight', 'within');
      }
      return;
    case 'failed-messages':
    case 'api-performance':
      for (const [index, flow] of (measure.flows ?? []).entries()) check('flows', flow, 'flows', index);
      if (measure.kind === 'failed-messages') checkWithin(measure.settleAfter, 'settleAfter');
      else checkWithin(measure.satisfied, 'satisfied');
      return;
    case 'workflow-adherence':
      for (const [index, { process, within, calendar }] of measure.workflows.entries()) {
        check('processes', process, 'workflows', index, 'process');
        check('calendars', calendar, 'workflows', index, 'calendar');
        checkWithin(within, 'workflows', index, 'within');
      }
      return;
    case 'findings':
    case 'repair-time':
      return;
  }
}

function refuseTooMany(
  located: readonly (KpiDocument | ReportDocument)[],
  max: number,
  what: string,
  findings: Findings,
): void {
  const last = located.at(-1);
  if (last === undefined || located.length <= max) return;
  complain(findings, { source: last.source, path: [] }, `more than ${max} ${what}; remove some`);
}

function nameOf(metadata: KpiDocument['document']['metadata']): { name: string; title: string } {
  return { name: metadata.name, title: metadata.displayName ?? metadata.name };
}

function directionOf(target: KpiTarget): 'atLeast' | 'atMost' | 'within' {
  if ('atLeast' in target) return 'atLeast';
  return 'atMost' in target ? 'atMost' : 'within';
}
