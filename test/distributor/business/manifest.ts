import { harmlessKinds, type FaultKind, type FaultWindow } from './faults.ts';
import type { Outcome } from './types.ts';

/** One line of the answer key: what was broken on purpose, and what the product must make of it. */
export interface ManifestEntry {
  /** Groups the lines of one fault: the window's id, or the message or transaction that was hit. */
  readonly fault: string;
  readonly kind: FaultKind;
  /** `window`: a flow is in trouble for a while. `attempt`: one failed attempt. `transaction`: one business case. */
  readonly scope: 'window' | 'attempt' | 'transaction';
  readonly at: string;
  readonly until?: string;
  readonly flow?: string;
  readonly keys: readonly string[];
  readonly messageId?: string;
  readonly attempt?: number;
  readonly outcome?: Outcome;
  /** Operations whose span says failed: `send` alone when the target could not be reached. */
  readonly operations?: readonly ('send' | 'process')[];
  readonly expect: string;
  readonly harmless: boolean;
}

const windowSymptom = {
  'consumer-down': 'silence and a growing backlog on a queue; failed sends over HTTP; long delays afterwards',
  'slow-consumer': 'p95 duration of processing over its threshold',
  'schema-change': 'failed messages with one cause, then dead letters',
  outage: 'failed messages of one transient cause, then dead letters that a replay after the outage delivers',
} as const;

/** The line of a window, written when it opens. */
export function windowEntry(window: FaultWindow): ManifestEntry {
  return {
    fault: window.id,
    kind: window.kind,
    scope: 'window',
    at: new Date(window.fromMs).toISOString(),
    until: new Date(window.untilMs).toISOString(),
    flow: window.flow,
    keys: [],
    expect: windowSymptom[window.kind],
    harmless: false,
  };
}

/** The line of a business case, such as a shipment that is never invoiced. */
export function transactionEntry(
  kind: FaultKind,
  subject: string,
  atMs: number,
  keys: readonly string[],
  expect: string,
): ManifestEntry {
  const at = new Date(atMs).toISOString();
  return { fault: subject, kind, scope: 'transaction', at, keys, expect, harmless: harmlessKinds.has(kind) };
}
