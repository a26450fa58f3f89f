import { ProbeCheck, type Probe } from '@plumbline/model/catalog/probe.ts';
import { createReach } from '@plumbline/probes/reach.ts';
import { runProbe, type ProbeRun } from '@plumbline/probes/run-probe.ts';
import { openSecrets } from '@plumbline/probes/secrets.ts';

/** Runs one check against a real server, reached by the connection `here`. */
export function probe(
  url: string,
  check: Record<string, unknown>,
  conditions: readonly string[] = [],
  timeout = '5s',
): Promise<ProbeRun> {
  const declared: Probe = {
    name: 'look',
    title: 'Look',
    system: 'erp',
    every: '1m',
    timeout,
    conditions,
    check: ProbeCheck.parse(check),
  };
  return runProbe(declared, {
    now: Date.now,
    secrets: openSecrets(new Map([['here', url]]), undefined),
    reach: createReach([]),
    connection: () => url,
    lastBeatMs: async () => null,
  }).run;
}
