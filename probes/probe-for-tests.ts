import { defaultConditions, type Probe, ProbeCheck } from '@plumbline/model/catalog/probe.ts';
import type { z } from 'zod';

/** A probe as the catalog would give it. */
export function probeOf(check: z.input<typeof ProbeCheck>, more: Partial<Omit<Probe, 'check'>> = {}): Probe {
  const parsed = ProbeCheck.parse(check);
  return {
    name: 'look',
    title: 'Look',
    system: 'erp',
    every: '1m',
    timeout: '5s',
    conditions: defaultConditions(parsed) ?? [],
    ...more,
    check: parsed,
  };
}
