import { checkCondition } from '@plumbline/model/catalog/conditions/check.ts';
import { evaluateCondition } from '@plumbline/model/catalog/conditions/evaluate.ts';
import { fieldsByKind, type Probe, type ProbeKind } from '@plumbline/model/catalog/probe.ts';
import { durationMs } from '@plumbline/model/catalog/schema.ts';
import { lookAt } from './kinds/look-at.ts';
import type { Found, LookContext } from './look.ts';
import { targetOf } from './target.ts';

/** passed and failed judge the target; error and timeout say that nothing could be judged. */
export type Outcome = 'passed' | 'failed' | 'error' | 'timeout';

export interface RunStep {
  readonly atMs: number;
  readonly what: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface ProbeRun {
  readonly probe: string;
  readonly kind: ProbeKind;
  readonly system: string;
  readonly flow: string | null;
  readonly target: string;
  readonly startedMs: number;
  readonly durationMs: number;
  readonly outcome: Outcome;
  readonly failedCondition: string | null;
  readonly why: string | null;
  /** Numbers of the result by field: seconds, bytes or counts. */
  readonly measures: Readonly<Record<string, number>>;
  readonly steps: readonly RunStep[];
}

export type RunTools = Omit<LookContext, 'probe' | 'signal' | 'timeoutMs' | 'note'>;

const stepsMax = 200;
const whyMax = 500;

/**
 * Runs a probe once and always answers. `settled` resolves when the look has let go of everything, which may be after
 * its time was over: until then it must not be run again.
 */
export function runProbe(
  probe: Probe,
  tools: RunTools,
  stop?: AbortSignal,
): { readonly run: Promise<ProbeRun>; readonly settled: Promise<void> } {
  const timeoutMs = durationMs(probe.timeout);
  const startedMs = tools.now();
  const steps: RunStep[] = [];
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(), timeoutMs);
  const signal = stop ? AbortSignal.any([ending.signal, stop]) : ending.signal;
  const note: LookContext['note'] = (what, details = {}) => {
    if (steps.length < stepsMax)
      steps.push({ atMs: tools.now() - startedMs, what: tools.secrets.redact(what), details });
  };
  const looking = Promise.resolve().then(() =>
    lookAt(probe.check, { ...tools, probe: probe.name, signal, timeoutMs, note }),
  );
  const settled = looking.then(
    () => undefined,
    () => undefined,
  );
  const run = Promise.race([looking, whenAborted(signal)]).then(
    (found) => (found === 'over' ? over(timeoutMs) : judge(probe, found, (tools.now() - startedMs) / 1000)),
    (error: unknown): Judged => {
      if (signal.aborted) return over(timeoutMs);
      return { ...nothing, outcome: isRefused(error) ? 'failed' : 'error', why: wordsOf(error) };
    },
  );
  return {
    settled,
    run: run.then((judged) => {
      clearTimeout(timer);
      ending.abort();
      return {
        probe: probe.name,
        kind: probe.check.kind,
        system: probe.system,
        flow: probe.flow ?? null,
        target: targetOf(probe.check),
        startedMs,
        durationMs: tools.now() - startedMs,
        ...judged,
        why: judged.why === null ? null : tools.secrets.redact(judged.why).slice(0, whyMax),
        steps: steps.map((step) => ({ ...step, details: redactDetails(step.details, tools) })),
      };
    }),
  };
}

type Judged = Pick<ProbeRun, 'outcome' | 'failedCondition' | 'why' | 'measures'>;

const nothing = { failedCondition: null, why: null, measures: {} } as const;

function judge(probe: Probe, { values, broken }: Found, seconds: number): Judged {
  const all = { ...values, duration: seconds };
  const measures = Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, number] => Number.isFinite(entry[1])),
  );
  if (broken !== undefined) {
    return { outcome: 'failed', failedCondition: broken.condition, why: broken.why, measures };
  }
  for (const condition of probe.conditions) {
    const checked = checkCondition(condition, fieldsByKind[probe.check.kind]);
    if (!checked.ok)
      return { outcome: 'error', failedCondition: condition, why: checked.error.message, measures };
    const verdict = evaluateCondition(checked.root, condition, all);
    if (!verdict.met) return { outcome: 'failed', failedCondition: condition, why: verdict.why, measures };
  }
  return { ...nothing, outcome: 'passed', measures };
}

function over(timeoutMs: number): Judged {
  return { ...nothing, outcome: 'timeout', why: `there was no result within ${timeoutMs} ms` };
}

function whenAborted(signal: AbortSignal): Promise<'over'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('over');
    else signal.addEventListener('abort', () => resolve('over'), { once: true });
  });
}

function redactDetails(details: RunStep['details'], tools: RunTools): RunStep['details'] {
  return JSON.parse(tools.secrets.redact(JSON.stringify(details))) as RunStep['details'];
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Nobody listens there: that is an answer of the target's machine, not a failure to look. */
function isRefused(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && error.code === 'ECONNREFUSED') || isRefused(error.cause);
}
