import type { CheckOf, ProbeKind } from '@plumbline/model/catalog/probe.ts';
import type { Reach } from './reach.ts';
import type { Secrets } from './secrets.ts';

/** What a kind is given to look with. It stops at once, and leaves nothing open, when `signal` aborts. */
export interface LookContext {
  readonly probe: string;
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly secrets: Secrets;
  readonly reach: Reach;
  /** URL of a connection of the catalog. @throws Error with a sentence */
  readonly connection: (name: string) => string;
  /** When the probe was last beaten, in milliseconds; null: never. */
  readonly lastBeatMs: (probe: string) => Promise<number | null>;
  /** Begins a step of the run, which `debug` shows. */
  readonly note: (what: string, details?: Readonly<Record<string, unknown>>) => void;
}

export interface Found {
  /** Fields of the kind; what could not be found is left out. */
  readonly values: Readonly<Record<string, unknown>>;
  /** What must hold whatever conditions say, and did not: a condition and why. */
  readonly broken?: { readonly condition: string; readonly why: string };
}

/** Looks once. @throws Error with a sentence when it could not look: the outcome is then an error, not a failure */
export type Look<Kind extends ProbeKind> = (check: CheckOf<Kind>, context: LookContext) => Promise<Found>;

/** Closes something as soon as the run is over time; the returned function takes that back. */
export function onAbort(signal: AbortSignal, close: () => void): () => void {
  if (signal.aborted) close();
  else signal.addEventListener('abort', close, { once: true });
  return () => signal.removeEventListener('abort', close);
}

/** Seconds from a time in milliseconds until now, never below zero: clocks differ. */
export function secondsSince(atMs: number, nowMs: number): number {
  return Math.max(0, nowMs - atMs) / 1000;
}
