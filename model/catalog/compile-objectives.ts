import { type NamedCalendar } from './calendar.ts';
import { compareTexts } from './catalog-error.ts';
import { checkCalendar } from './check-calendar.ts';
import type { LocatedDocument } from './documents.ts';
import { alertingOf, type Library, shortWindowAnnotation } from './objective-alerts.ts';
import { indicatorOf } from './objective-indicator.ts';
import { below, complain, type Findings, type Place } from './objective-place.ts';
import type { Objective } from './objective.ts';
import { budgetingOf, shorthandMinutes, windowOf } from './objective-window.ts';
import type { DocumentKind, DocumentOf, Target } from './openslo.ts';
import { didYouMean } from './suggest.ts';

export interface CompiledObjectives extends Findings {
  readonly calendars: readonly NamedCalendar[];
  readonly objectives: readonly Objective[];
}

/** Names of the rest of the catalog that objectives may mention. */
export interface KnownNames {
  readonly systems: readonly string[];
  readonly flows: readonly string[];
}

const objectivesMax = 2000;
const lowTrafficDefault = { badEventsMin: 3, budgetShareMin: 0.01 };
const expectedEveryDefault = 5;
const annotations = [
  'plumbline/calendar',
  'plumbline/bad-events-min',
  'plumbline/budget-share-min',
  'plumbline/expected-every',
];

/** Puts documents together into objectives, every reference followed, or says what is wrong and where. */
export function compileObjectives(
  documents: readonly LocatedDocument[],
  names: KnownNames,
): CompiledObjectives {
  const findings: Findings = { errors: [], warnings: [] };
  const library = libraryOf(documents, findings);
  const calendars = ofKind(documents, 'Calendar').map((located) => {
    checkCalendar(located, findings);
    const { metadata, spec } = located.document;
    return { name: metadata.name, title: metadata.displayName ?? metadata.name, ...spec };
  });
  const objectives = ofKind(documents, 'SLO').flatMap((slo) => compileSlo(slo, names, library, findings));
  const byName = (a: { name: string }, b: { name: string }) => compareTexts(a.name, b.name);
  refuseTooMany(documents, objectives, findings);
  return { calendars: calendars.toSorted(byName), objectives: objectives.toSorted(byName), ...findings };
}

function compileSlo(
  { document, source }: Extract<LocatedDocument, { kind: 'SLO' }>,
  names: KnownNames,
  library: Library,
  findings: Findings,
): Objective[] {
  const { metadata, spec } = document;
  const at: Place = { source, path: ['spec'] };
  const services = [...names.systems, ...library.names('Service')];
  if (!services.includes(spec.service)) {
    const why = `unknown service "${spec.service}"${didYouMean(spec.service, services)}; write a system or declare a Service`;
    complain(findings, below(at, 'service'), why);
  }
  const indicator = resolveIndicator(spec, at, names, library, findings);
  const window = windowOf(spec, at, findings);
  const settings = settingsOf(metadata, { source, path: ['metadata', 'annotations'] }, library, findings);
  return spec.objectives.flatMap((target, index) => {
    const place = below(at, 'objectives', index);
    const promised = targetOf(target, place, findings);
    const budgeting = budgetingOf(spec.budgetingMethod, target, place, findings);
    if (!indicator || !window || promised === undefined || !budgeting) return [];
    const single = spec.objectives.length === 1;
    const name = single ? metadata.name : `${metadata.name}-${index + 1}`;
    const sliceMinutes = 'sliceMinutes' in budgeting ? budgeting.sliceMinutes : 1;
    const title = metadata.displayName ?? metadata.name;
    return {
      name,
      title: single ? title : `${title}: ${target.displayName ?? promised}`,
      description: spec.description ?? '',
      service: spec.service,
      indicator,
      target: promised,
      budgeting,
      window,
      ...settings,
      ...alertingOf(spec, at, { name, target: promised, window, sliceMinutes }, library, findings),
    };
  });
}

function resolveIndicator(
  spec: DocumentOf<'SLO'>['spec'],
  at: Place,
  { flows }: KnownNames,
  library: Library,
  findings: Findings,
): ReturnType<typeof indicatorOf> {
  const { indicator, indicatorRef } = spec;
  if ((indicator === undefined) === (indicatorRef === undefined)) {
    complain(findings, at, 'write either indicator or indicatorRef');
    return undefined;
  }
  if (indicator !== undefined)
    return indicatorOf(indicator.spec, below(at, 'indicator', 'spec'), flows, findings);
  const found = library.find('SLI', indicatorRef ?? '');
  if (found !== undefined) {
    return indicatorOf(found.document.spec, { source: found.source, path: ['spec'] }, flows, findings);
  }
  const known = library.names('SLI');
  const ending = known.length === 0 ? '; declare it' : didYouMean(indicatorRef ?? '', known);
  complain(findings, below(at, 'indicatorRef'), `unknown SLI "${indicatorRef}"${ending}`);
  return undefined;
}

/** The promised share of good of one target. 99.9 % is exactly 0.999. */
function targetOf(
  { target, targetPercent, op, value }: Target,
  at: Place,
  findings: Findings,
): number | undefined {
  for (const [key, given] of Object.entries({ op, value })) {
    // Some who export write op beside a ratio, where it says nothing.
    if (given !== undefined && key === 'value') {
      complain(findings, below(at, key), 'belongs to a thresholdMetric; remove it');
    }
  }
  if ((target === undefined) === (targetPercent === undefined)) {
    complain(findings, at, 'write either target, such as 0.999, or targetPercent, such as 99.9');
    return undefined;
  }
  const promised = target ?? Number(((targetPercent ?? 0) / 100).toPrecision(12));
  if (promised <= 0.999999) return promised;
  complain(findings, at, 'a target above 0.999999 leaves no budget that can be measured; lower it');
  return undefined;
}

function settingsOf(
  { annotations: given = {} }: DocumentOf<'SLO'>['metadata'],
  at: Place,
  library: Library,
  findings: Findings,
): Pick<Objective, 'calendar' | 'lowTraffic' | 'expectedEveryMinutes'> {
  for (const key of Object.keys(given)) {
    if (!key.startsWith('plumbline/') || annotations.includes(key)) continue;
    const why =
      key === shortWindowAnnotation
        ? 'belongs to an AlertCondition'
        : `unknown annotation "${key}"${didYouMean(key, annotations)}`;
    complain(findings, below(at, key), why);
  }
  const numberOf = (
    key: string,
    fits: (value: number) => boolean,
    otherwise: number,
    hint: string,
  ): number => {
    const text = given[key];
    if (text === undefined) return otherwise;
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (fits(value)) return value;
    complain(findings, below(at, key), hint);
    return otherwise;
  };
  const calendar = given['plumbline/calendar'];
  if (calendar !== undefined && library.find('Calendar', calendar) === undefined) {
    const known = library.names('Calendar');
    const ending = known.length === 0 ? '; declare it' : didYouMean(calendar, known);
    complain(findings, below(at, 'plumbline/calendar'), `unknown Calendar "${calendar}"${ending}`);
  }
  const every = given['plumbline/expected-every'];
  const everyMinutes =
    every === undefined
      ? expectedEveryDefault
      : /^\d+[mhd]$/.test(every)
        ? (shorthandMinutes(every) ?? 0)
        : 0;
  if (everyMinutes < 1 || 1440 % everyMinutes !== 0) {
    complain(
      findings,
      below(at, 'plumbline/expected-every'),
      'write a duration that divides a day evenly, such as 5m, 15m or 1h',
    );
  }
  return {
    calendar: calendar ?? null,
    lowTraffic: {
      badEventsMin: numberOf(
        'plumbline/bad-events-min',
        (n) => Number.isInteger(n) && n >= 1 && n <= 1_000_000,
        lowTrafficDefault.badEventsMin,
        "write a whole number of at least 1, in quotes, such as '3'",
      ),
      budgetShareMin: numberOf(
        'plumbline/budget-share-min',
        (n) => n >= 0 && n <= 1,
        lowTrafficDefault.budgetShareMin,
        "write a share of the budget from 0 to 1, in quotes, such as '0.02'",
      ),
    },
    expectedEveryMinutes: everyMinutes,
  };
}

function libraryOf(documents: readonly LocatedDocument[], findings: Findings): Library {
  const first = new Map<string, LocatedDocument>();
  for (const located of documents) {
    const key = `${located.kind} ${located.document.metadata.name}`;
    const earlier = first.get(key);
    if (earlier === undefined) {
      first.set(key, located);
      continue;
    }
    const { line } = earlier.source.locate(['metadata', 'name']);
    const why = `"${located.document.metadata.name}" is declared in ${earlier.source.file}:${line} already; rename or remove one`;
    complain(findings, { source: located.source, path: ['metadata', 'name'] }, why);
  }
  return {
    find: <Kind extends DocumentKind>(kind: Kind, name: string) =>
      first.get(`${kind} ${name}`) as Extract<LocatedDocument, { kind: Kind }> | undefined,
    names: (kind) => ofKind(documents, kind).map(({ document }) => document.metadata.name),
  };
}

function refuseTooMany(
  documents: readonly LocatedDocument[],
  objectives: readonly Objective[],
  findings: Findings,
): void {
  const last = documents.at(-1);
  if (last === undefined) return;
  const at = { source: last.source, path: [] };
  if (objectives.length > objectivesMax) {
    complain(findings, at, `${objectives.length} objectives are more than ${objectivesMax}; remove some`);
  }
  const names = new Set<string>();
  for (const { name } of objectives) {
    // Several targets of one SLO are numbered, and another SLO may have taken that name.
    if (names.has(name)) complain(findings, at, `two objectives are called "${name}"; rename one SLO`);
    names.add(name);
  }
}

function ofKind<Kind extends DocumentKind>(
  documents: readonly LocatedDocument[],
  kind: Kind,
): Extract<LocatedDocument, { kind: Kind }>[] {
  return documents.filter(
    (located): located is Extract<LocatedDocument, { kind: Kind }> => located.kind === kind,
  );
}
