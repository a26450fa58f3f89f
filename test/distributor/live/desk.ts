import { setTimeout as sleep } from 'node:timers/promises';
import { flowSpec } from '../business/flows.ts';
import { noteFailure, reactTo, type Business } from '../business/simulate.ts';
import type { Failure, Message, Outcome } from '../business/types.ts';
import { judge } from '../business/verdict.ts';

/** What the target of a flow made of one message, with the times it measured. */
export interface Handling {
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly outcome: Outcome;
  readonly failure?: Failure;
  readonly retryAfterMs?: number;
}

/** The receiving side of every system: takes a message, works on it, acts on it or fails. */
export interface Desk {
  handle(message: Message, attempt: number, overHttp: boolean): Promise<Handling | 'down'>;
  /** Takes note that a caller over HTTP found nobody. */
  unreached(message: Message, attempt: number, handling: Handling): void;
  /** When the target will be up again; undefined when it is up. */
  downUntilMs(message: Message): number | undefined;
}

const workMsMax = 120_000;

/** A desk that works in real time. What it is told by the fault plan really takes that long or fails. */
export function createDesk(business: Business, now: () => number, stop: AbortSignal): Desk {
  const done = createMemory();
  return {
    downUntilMs: (message) => business.world.faults.windowAt('consumer-down', message.flow, now())?.untilMs,
    unreached(message, attempt, handling) {
      const id =
        business.world.faults.windowAt('consumer-down', message.flow, handling.startedAtMs)?.id ??
        'unreachable';
      const verdict = { kind: 'done', ...handling, fault: { kind: 'consumer-down', id } } as const;
      noteFailure(business.world, message, attempt, handling.startedAtMs, verdict, true);
    },
    async handle(message, attempt, overHttp) {
      const startedAtMs = now();
      const spec = flowSpec(message.flow);
      const verdict = judge(business.world, spec, message, attempt, startedAtMs);
      if (verdict.kind === 'wait' || verdict.failure?.unreachable) return 'down';
      await sleep(Math.min(verdict.durationMs, workMsMax), undefined, { signal: stop });
      const endMs = now();
      noteFailure(business.world, message, attempt, startedAtMs, verdict, overHttp);
      const seen = verdict.outcome === 'delivered' && !done.first(idempotencyKey(message));
      const outcome: Outcome = seen ? 'discarded' : verdict.outcome;
      if (outcome === 'delivered') reactTo(business, message, endMs);
      const { failure, retryAfterMs } = verdict;
      return {
        startedAtMs,
        durationMs: endMs - startedAtMs,
        outcome,
        ...(failure && { failure }),
        ...(retryAfterMs !== undefined && { retryAfterMs }),
      };
    },
  };
}

/** The key under which a target refuses to do the same thing twice. */
export function idempotencyKey(message: Message): string {
  return message.id.replace(/\.twin$/, '');
}

const memoryMax = 20_000;

/** Remembers the latest keys; says whether a key is new. */
function createMemory(): { first(key: string): boolean } {
  const keys = new Set<string>();
  return {
    first(key) {
      if (keys.has(key)) return false;
      keys.add(key);
      if (keys.size > memoryMax) {
        const [oldest] = keys;
        if (oldest !== undefined) keys.delete(oldest);
      }
      return true;
    },
  };
}
