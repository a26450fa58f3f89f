import { nominalMinutes, recommendedAlerts, shortWindowOf, thresholdMax } from './burn-windows.ts';
import type { LocatedDocument } from './documents.ts';
import { below, complain, type Findings, type Place, warn } from './objective-place.ts';
import type { BudgetWindow, BurnAlert } from './objective.ts';
import { shorthandMinutes } from './objective-window.ts';
import type { DocumentKind, DocumentOf, InlineCondition, InlinePolicy } from './openslo.ts';
import { didYouMean } from './suggest.ts';

/** Documents that others refer to, by kind and name. */
export interface Library {
  find<Kind extends DocumentKind>(
    kind: Kind,
    name: string,
  ): Extract<LocatedDocument, { kind: Kind }> | undefined;
  names(kind: DocumentKind): readonly string[];
}

export interface Alerting {
  readonly alerts: readonly BurnAlert[];
  readonly alertOnStale: boolean;
  readonly notify: readonly string[];
}

/** What of an objective its conditions are judged against. */
export interface Judged {
  readonly name: string;
  readonly target: number;
  readonly window: BudgetWindow;
  readonly sliceMinutes: number;
}

export const shortWindowAnnotation = 'plumbline/short-window';

/** The alerts of an objective: those of its policies, else the recommended pairs. */
export function alertingOf(
  slo: DocumentOf<'SLO'>['spec'],
  place: Place,
  judged: Judged,
  library: Library,
  findings: Findings,
): Alerting {
  if (slo.alertPolicies === undefined) {
    const alerts = recommendedAlerts(judged.window, judged.target, judged.sliceMinutes);
    if (alerts.length === 0) {
      const why = `no burn rate can pass ${thresholdMax(judged.target)} at this target, so nothing would ever alert; raise the target or write alertPolicies`;
      warn(findings, below(place, 'objectives'), why);
    }
    return { alerts, alertOnStale: true, notify: [] };
  }
  const policies = slo.alertPolicies.flatMap((entry, index) => {
    const at = below(place, 'alertPolicies', index);
    if (typeof entry === 'object' && 'kind' in entry) return [{ policy: entry.spec, at: below(at, 'spec') }];
    const name = typeof entry === 'string' ? entry : entry.alertPolicyRef;
    const found = lookUp(
      'AlertPolicy',
      name,
      typeof entry === 'string' ? at : below(at, 'alertPolicyRef'),
      library,
      findings,
    );
    return found === undefined
      ? []
      : [{ policy: found.document.spec, at: { source: found.source, path: ['spec'] } }];
  });
  return {
    alerts: policies.flatMap(({ policy, at }) => conditionsOf(policy, at, judged, library, findings)),
    alertOnStale: policies.some(({ policy }) => policy.alertWhenNoData !== false),
    notify: [...new Set(policies.flatMap(({ policy, at }) => targetsOf(policy, at, library, findings)))],
  };
}

function conditionsOf(
  policy: InlinePolicy['spec'],
  place: Place,
  judged: Judged,
  library: Library,
  findings: Findings,
): BurnAlert[] {
  if (policy.alertWhenResolved === false) {
    warn(
      findings,
      below(place, 'alertWhenResolved'),
      'is not followed: whoever was paged is always told of the end',
    );
  }
  const alerts = policy.conditions.flatMap((entry, index) => {
    const at = below(place, 'conditions', index);
    if ('kind' in entry) return conditionOf(entry, at, judged, findings) ?? [];
    const found = lookUp('AlertCondition', entry.conditionRef, below(at, 'conditionRef'), library, findings);
    if (found === undefined) return [];
    return conditionOf(found.document, { source: found.source, path: [] }, judged, findings) ?? [];
  });
  return policy.alertWhenBreaching === false ? [] : alerts;
}

function targetsOf(
  policy: InlinePolicy['spec'],
  place: Place,
  library: Library,
  findings: Findings,
): string[] {
  return (policy.notificationTargets ?? []).flatMap((entry, index) => {
    if ('kind' in entry) return [entry.metadata.name];
    const at = below(place, 'notificationTargets', index, 'targetRef');
    const found = lookUp('AlertNotificationTarget', entry.targetRef, at, library, findings);
    return found === undefined ? [] : [found.document.metadata.name];
  });
}

function conditionOf(
  { metadata, spec }: Pick<InlineCondition, 'metadata' | 'spec'>,
  place: Place,
  judged: Judged,
  findings: Findings,
): BurnAlert | undefined {
  const { severity, condition } = spec;
  const at = below(place, 'spec', 'condition');
  const found = findings.errors.length;
  if (severity !== 'page' && severity !== 'ticket') {
    complain(
      findings,
      below(place, 'spec', 'severity'),
      `unknown severity "${severity}"; write page or ticket`,
    );
  }
  if (condition.op === 'lt' || condition.op === 'lte') {
    complain(findings, below(at, 'op'), 'a burn alerts when it is high; write gte');
  }
  const max = thresholdMax(judged.target);
  if (condition.threshold > max) {
    const why = `the burn of objective "${judged.name}" can never be more than ${max} = 1 ÷ (1 − ${judged.target}), so a threshold of ${condition.threshold} never alerts; lower it`;
    complain(findings, below(at, 'threshold'), why);
  }
  const long = windowMinutes(condition.lookbackWindow, below(at, 'lookbackWindow'), judged, findings);
  const short = shortMinutesOf(metadata.annotations?.[shortWindowAnnotation], long, place, judged, findings);
  const after = condition.alertAfter === '0m' ? 0 : shorthandMinutes(condition.alertAfter);
  if (after === undefined || after > 1440) {
    complain(findings, below(at, 'alertAfter'), 'write at most one day, such as 5m');
  }
  if (findings.errors.length > found || long === undefined || short === undefined) return undefined;
  return {
    severity: severity === 'page' ? 'page' : 'ticket',
    threshold: condition.threshold,
    longMinutes: long,
    shortMinutes: short,
    afterMinutes: after ?? 0,
  };
}

function shortMinutesOf(
  annotation: string | undefined,
  long: number | undefined,
  place: Place,
  judged: Judged,
  findings: Findings,
): number | undefined {
  if (long === undefined) return undefined;
  if (annotation === undefined) return Math.min(long, shortWindowOf(long, judged.sliceMinutes));
  const at = below(place, 'metadata', 'annotations', shortWindowAnnotation);
  const minutes = windowMinutes(annotation, at, judged, findings);
  if (minutes === undefined || minutes <= long) return minutes;
  complain(findings, at, 'the short window is longer than lookbackWindow; write a twelfth of it');
  return undefined;
}

function windowMinutes(text: string, place: Place, judged: Judged, findings: Findings): number | undefined {
  const minutes = /^\d+[mhdw]$/.test(text) ? shorthandMinutes(text) : undefined;
  const { sliceMinutes, window } = judged;
  if (minutes === undefined || minutes === 0) {
    complain(findings, place, 'write minutes, hours, days or weeks, such as 1h');
    return undefined;
  }
  if (minutes > nominalMinutes(window)) {
    complain(findings, place, `${text} is longer than the window of objective "${judged.name}"; shorten it`);
    return undefined;
  }
  if (minutes % sliceMinutes !== 0) {
    complain(
      findings,
      place,
      `${text} is not a whole number of slices of ${sliceMinutes}m; write a multiple of them`,
    );
    return undefined;
  }
  return minutes;
}

function lookUp<Kind extends DocumentKind>(
  kind: Kind,
  name: string,
  place: Place,
  library: Library,
  findings: Findings,
): Extract<LocatedDocument, { kind: Kind }> | undefined {
  const found = library.find(kind, name);
  if (found !== undefined) return found;
  const names = library.names(kind);
  complain(
    findings,
    place,
    `unknown ${kind} "${name}"${names.length === 0 ? '; declare it' : didYouMean(name, names)}`,
  );
  return undefined;
}
