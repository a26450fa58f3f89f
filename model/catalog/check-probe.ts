import { Cron } from 'croner';
import { compareTexts } from './catalog-error.ts';
import { checkCondition } from './conditions/check.ts';
import type { Fields } from './conditions/fields.ts';
import { parseCondition } from './conditions/parse.ts';
import type { LocatedDocument } from './documents.ts';
import { below, complain, type Findings, type Place } from './objective-place.ts';
import {
  type CheckOf,
  defaultConditions,
  type DueSchedule,
  fieldsByKind,
  httpStepFields,
  type HttpStep,
  type Probe,
} from './probe.ts';
import { type Connection, durationMs } from './schema.ts';
import { didYouMean } from './suggest.ts';

const probesMax = 500;
const everyMsMin = 5000;
const everyMsMax = 86_400_000;
const timeoutMsMax = 120_000;

/** Names of the rest of the catalog that probes may mention. */
export interface KnownToProbes {
  readonly systems: readonly string[];
  readonly flows: readonly string[];
  readonly connections: readonly Connection[];
}

type ProbeDocument = Extract<LocatedDocument, { kind: 'Probe' }>;

/** Checks what a schema cannot: names, conditions, schedules and limits. Errors point at the line, and the column within. */
export function compileProbes(
  documents: readonly LocatedDocument[],
  known: KnownToProbes,
): Findings & { readonly probes: readonly Probe[] } {
  const findings: Findings = { errors: [], warnings: [] };
  const located = documents.filter((each): each is ProbeDocument => each.kind === 'Probe');
  const last = located.at(-1);
  if (last !== undefined && located.length > probesMax) {
    complain(findings, { source: last.source, path: [] }, `more than ${probesMax} probes; remove some`);
  }
  const probes = located.map((each) => compileProbe(each, known, findings));
  return { ...findings, probes: probes.toSorted((a, b) => compareTexts(a.name, b.name)) };
}

function compileProbe({ document, source }: ProbeDocument, known: KnownToProbes, findings: Findings): Probe {
  const { metadata, spec } = document;
  const at: Place = { source, path: ['spec'] };
  checkName(spec.system, known.systems, 'system', below(at, 'system'), findings);
  if (spec.flow !== undefined) checkName(spec.flow, known.flows, 'flow', below(at, 'flow'), findings);
  checkTimes(spec, at, findings);
  const { check } = spec;
  const place = below(at, 'check');
  if ('connection' in check) checkConnection(check, known.connections, below(place, 'connection'), findings);
  if (check.kind === 'http') checkSteps(check.steps, below(place, 'steps'), findings);
  if (check.kind === 'file') checkFile(check, place, findings);
  if (check.kind === 'heartbeat' && durationMs(check.within) < durationMs(spec.every)) {
    complain(findings, below(place, 'within'), `is shorter than every ${spec.every}; look more often`);
  }
  const conditions = spec.conditions ?? defaultConditions(check);
  if (conditions === undefined) complain(findings, at, 'conditions are missing; write at least one');
  const fields = fieldsByKind[check.kind];
  checkConditions(spec.conditions ?? [], fields, below(at, 'conditions'), findings);
  return {
    ...spec,
    name: metadata.name,
    title: metadata.displayName ?? metadata.name,
    conditions: conditions ?? [],
  };
}

function checkTimes(spec: ProbeDocument['document']['spec'], at: Place, findings: Findings): void {
  const everyMs = durationMs(spec.every);
  if (everyMs < everyMsMin || everyMs > everyMsMax) {
    complain(findings, below(at, 'every'), 'write a duration from 5s to 1d');
  }
  const timeoutMs = durationMs(spec.timeout);
  if (timeoutMs > everyMs) {
    complain(
      findings,
      below(at, 'timeout'),
      `is longer than every ${spec.every}: runs would overlap; shorten it`,
    );
  }
  if (timeoutMs < 100 || timeoutMs > timeoutMsMax) {
    complain(findings, below(at, 'timeout'), 'write a duration from 100ms to 2m');
  }
  if (spec.check.kind === 'file' && durationMs(spec.check.stableFor) >= timeoutMs) {
    complain(findings, below(at, 'check', 'stableFor'), `is not shorter than the timeout of ${spec.timeout}`);
  }
}

function checkName(
  name: string,
  names: readonly string[],
  what: string,
  at: Place,
  findings: Findings,
): void {
  if (!names.includes(name)) complain(findings, at, `unknown ${what} "${name}"${didYouMean(name, names)}`);
}

function checkConnection(
  check: { readonly kind: string; readonly connection: string },
  connections: readonly Connection[],
  at: Place,
  findings: Findings,
): void {
  const found = connections.find(({ name }) => name === check.connection);
  if (found === undefined) {
    const fitting = connections.filter(({ kind }) => kind === check.kind).map(({ name }) => name);
    complain(
      findings,
      at,
      `unknown connection "${check.connection}"${didYouMean(check.connection, fitting)}`,
    );
  } else if (found.kind !== check.kind) {
    complain(findings, at, `"${found.name}" is a connection of ${found.kind}, not of ${check.kind}`);
  }
}

function checkSteps(steps: readonly HttpStep[], at: Place, findings: Findings): void {
  const saved = new Set<string>();
  const names = new Set<string>();
  for (const [index, step] of steps.entries()) {
    const place = below(at, index);
    const name = step.name ?? `step${index + 1}`;
    if (names.has(name))
      complain(findings, below(place, 'name'), `two steps are called "${name}"; rename one`);
    names.add(name);
    if (step.json !== undefined && step.body !== undefined) {
      complain(findings, below(place, 'body'), 'stands beside json; write one of them');
    }
    const hasBody = step.json !== undefined || step.body !== undefined;
    if (hasBody && ['GET', 'HEAD'].includes(step.method)) {
      complain(
        findings,
        below(place, 'method'),
        `${step.method} sends no body; write POST or remove the body`,
      );
    }
    checkTemplates(step, saved, place, findings);
    checkConditions(step.conditions, httpStepFields, below(place, 'conditions'), findings);
    for (const [key, path] of Object.entries(step.save)) {
      const parsed = parseCondition(path);
      if (!parsed.ok || parsed.root.type !== 'path') {
        complain(findings, below(place, 'save', key), 'write a path such as body.token');
      } else {
        checkConditions([`${path} != null`], httpStepFields, below(place, 'save', key), findings);
      }
      saved.add(key);
    }
  }
}

/** `${…}` names a secret or what an earlier step saved, and nothing else. */
function checkTemplates(step: HttpStep, saved: ReadonlySet<string>, at: Place, findings: Findings): void {
  const texts = [step.url, step.body ?? '', JSON.stringify(step.json ?? ''), ...Object.values(step.headers)];
  for (const [, inner = ''] of texts.flatMap((text) => [...text.matchAll(/\$\{([^}]*)\}/g)])) {
    const [kind, name = ''] = inner.split('.', 2);
    if (kind === 'secret' && /^[a-z][a-z0-9-]{0,62}$/.test(name)) continue;
    if (kind === 'saved' && saved.has(name)) continue;
    const why =
      kind === 'saved'
        ? 'was not saved by an earlier step'
        : 'is not known; write ${secret.name} or ${saved.name}';
    complain(findings, at, `\${${inner.slice(0, 60)}} ${why}`);
  }
  if (/\$\{secret\./.test(step.url)) {
    complain(findings, at, 'a secret in a URL ends in logs; put it into a header');
  }
  if (/^https?:\/\/[^/?#]*\$\{/.test(step.url)) {
    complain(findings, at, 'write the host of a URL out: what a server answered must not choose where to go');
  }
}

function checkFile(check: CheckOf<'file'>, at: Place, findings: Findings): void {
  if (check.expected !== undefined) checkSchedule(check.expected, below(at, 'expected'), findings);
  for (const [, name = ''] of check.pattern.matchAll(/\{([^}]*)\}/g)) {
    if (!['yyyy', 'MM', 'dd'].includes(name)) {
      complain(findings, below(at, 'pattern'), `{${name}} is not known; write {yyyy}, {MM} or {dd}`);
    } else if (check.expected === undefined) {
      complain(
        findings,
        below(at, 'pattern'),
        `{${name}} needs to know when the file is due; write expected too`,
      );
    }
  }
}

function checkSchedule({ cron, timeZone }: DueSchedule, at: Place, findings: Findings): void {
  try {
    const next = new Cron(cron, { timezone: timeZone, mode: '5-part', paused: true }).nextRun();
    if (next === null) complain(findings, below(at, 'cron'), 'never comes; write another date');
  } catch {
    complain(findings, below(at, 'cron'), "write five fields of cron, such as '0 6 * * mon-fri'");
  }
}

function checkConditions(texts: readonly string[], fields: Fields, at: Place, findings: Findings): void {
  for (const [index, text] of texts.entries()) {
    const checked = checkCondition(text, fields);
    if (checked.ok) continue;
    const { column, message } = checked.error;
    complain(findings, below(at, index), `at character ${column}: ${message}`);
  }
}
