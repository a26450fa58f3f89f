import { createHash } from 'node:crypto';
import type { Probe } from '@plumbline/model/catalog/probe.ts';
import { durationMs } from '@plumbline/model/catalog/schema.ts';
import type { ProbeRun } from './run-probe.ts';

/** Offset of a probe within its interval: spread by its name, and the same in every process and after a restart. */
export function phaseMs(name: string, everyMs: number): number {
  const hash = createHash('sha256').update(name).digest().readUInt32BE();
  return Math.floor((hash / 2 ** 32) * everyMs);
}

/** The first turn after now. */
export function nextTurnMs(nowMs: number, everyMs: number, phase: number): number {
  return Math.floor((nowMs - phase) / everyMs) * everyMs + everyMs + phase;
}

export interface Schedule {
  /** Runs what is due; call it often. */
  tick(): void;
  /** Takes over the probes of a new catalog; those that did not change keep their turn. */
  replace(probes: readonly Probe[]): void;
  /** Ends the runs under way and waits until they have let go. */
  stop(): Promise<void>;
}

interface Entry {
  readonly probe: Probe;
  readonly everyMs: number;
  dueMs: number;
  busy: boolean;
}

const jitterShare = 0.1;
const jitterMsMax = 5000;

/**
 * Runs each probe once an interval. A run that has not let go yet is not overlapped: its next turn is left out. No more
 * than `atOnceMax` run together; the others wait for their turn of the next tick.
 */
export function createSchedule(options: {
  readonly run: (probe: Probe, stop: AbortSignal) => { run: Promise<ProbeRun>; settled: Promise<void> };
  readonly onRun: (run: ProbeRun) => void;
  readonly onLeftOut: (probe: Probe) => void;
  /** Only the leader runs probes. */
  readonly isLeader: () => boolean;
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly atOnceMax: number;
}): Schedule {
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();
  let entries: Entry[] = [];

  const plan = (entry: Entry): void => {
    const { probe, everyMs } = entry;
    const jitter = options.random() * Math.min(everyMs * jitterShare, jitterMsMax);
    const turnMs = nextTurnMs(options.now(), everyMs, phaseMs(probe.name, everyMs));
    entry.dueMs = turnMs + jitter;
  };
  const begin = (entry: Entry): void => {
    entry.busy = true;
    const { run, settled } = options.run(entry.probe, stopping.signal);
    const done = Promise.all([
      run.then((result) => stopping.signal.aborted || options.onRun(result)),
      settled,
    ]).then(() => {
      entry.busy = false;
      underWay.delete(done);
    });
    underWay.add(done);
  };
  return {
    tick() {
      if (stopping.signal.aborted) return;
      for (const entry of entries) {
        if (entry.dueMs > options.now()) continue;
        if (!options.isLeader()) {
          plan(entry);
        } else if (entry.busy) {
          options.onLeftOut(entry.probe);
          plan(entry);
        } else if (underWay.size < options.atOnceMax) {
          plan(entry);
          begin(entry);
        }
      }
    },
    replace(probes) {
      const old = new Map(entries.map((entry) => [entry.probe.name, entry]));
      entries = probes.map((probe) => {
        const everyMs = durationMs(probe.every);
        const before = old.get(probe.name);
        const entry = { probe, everyMs, dueMs: before?.dueMs ?? 0, busy: false };
        if (before === undefined || before.everyMs !== everyMs) plan(entry);
        // A run of the old form still stands in the way of the new one.
        if (before?.busy) {
          entry.busy = true;
          void Promise.allSettled(underWay).then(() => (entry.busy = false));
        }
        return entry;
      });
    },
    async stop() {
      stopping.abort();
      await Promise.allSettled(underWay);
    },
  };
}
