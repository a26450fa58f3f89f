import type { Probe, ProbeRun } from '#lib/api-types.ts';
import { duration } from '#lib/format/duration.ts';
import { count } from '#lib/format/number.ts';
import type { Status } from '#lib/status.ts';

export const probeStates: Record<Probe['state'], Status> = {
  failing: { label: 'Failing', tone: 'bad', icon: 'cross' },
  unjudged: { label: 'Not judged', tone: 'warn', icon: 'alert' },
  silent: { label: 'Silent', tone: 'silent', icon: 'muted' },
  never: { label: 'Never ran', tone: 'idle', icon: 'clock' },
  passing: { label: 'Passing', tone: 'good', icon: 'check' },
};

/** Worst first, the order in which a person should look. */
const order: readonly Probe['state'][] = ['failing', 'unjudged', 'silent', 'never', 'passing'];

export function stateRank(state: Probe['state']): number {
  return order.indexOf(state);
}

export const runOutcomes: Record<ProbeRun['outcome'], Status> = {
  passed: { label: 'Passed', tone: 'good', icon: 'check' },
  failed: { label: 'Failed', tone: 'bad', icon: 'cross' },
  error: { label: 'Error', tone: 'warn', icon: 'alert' },
  timeout: { label: 'Timed out', tone: 'warn', icon: 'clock' },
};

/** Measures that are seconds; the others are counts and bytes. */
const inSeconds = /(^|\.)(age|duration|expires_in)$/;

/** What a run found, in words: `age 12 s, depth 40`. */
export function measuresText(measures: ProbeRun['measures']): string {
  return Object.entries(measures)
    .map(([name, value]) => `${name} ${inSeconds.test(name) ? duration(value * 1000) : count(value)}`)
    .join(', ');
}
