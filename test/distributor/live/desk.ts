import { setTimeout as sleep } from 'node:timers/promises';
import { flowSpec } from '../business/flows.ts';
import { noteFailure, reactTo, type Business } from '../business/simulate.ts';
import type { Failure, Message, Outcome } from '../business/types.ts';
import { judge } from '../business/verdict.ts';
import type { Inbox } from './inbox.ts';
import type { Delivery } from './wire.ts';

/** What the target of a flow made of one message, with the times it measured. */
export interface Handling {
  /** Which try it was: what the sender says, or what the target has counted itself if that is more. */
  readonly attempt: number;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly outcome: Outcome;
  readonly failure?: Failure;
  readonly retryAfterMs?: number;
}

export interface Manner {
  readonly overHttp: boolean;
  /** Nobody will try again by himself: a failure is final. */
  readonly last?: boolean;
}

/** The receiving side of every system: takes a message, works on it, acts on it or fails. */
export interface Desk {
  handle(delivery: Delivery, manner: Manner): Promise<Handling | 'down'>;
  /** Takes note that a caller over HTTP found nobody. */
  unreached(message: Message, attempt: number, handling: Handling): void;
  /** When the target will be up again; undefined when it is up. */
  downUntilMs(message: Message): number | undefined;
}

const workMsMax = 120_000;

/**
 * A desk that works in real time. What it is told by the fault plan really takes that long or fails. Whatever is
 * replayed comes through here like any other message; the inbox sees to it that nothing takes effect twice.
 */
export function createDesk(business: Business, inbox: Inbox, now: () => number, stop: AbortSignal): Desk {
  const { faults } = business.world;
  return {
    downUntilMs: (message) => faults.windowAt('consumer-down', message.flow, now())?.untilMs,
    unreached(message, attempt, handling) {
      const id = faults.windowAt('consumer-down', message.flow, handling.startedAtMs)?.id ?? 'unreachable';
      const verdict = { kind: 'done', ...handling, fault: { kind: 'consumer-down', id } } as const;
      noteFailure(business.world, message, attempt, handling.startedAtMs, verdict, true);
    },
    async handle({ message, attempt: claimed }, { overHttp, last = false }) {
      const startedAtMs = now();
      if (faults.windowAt('consumer-down', message.flow, startedAtMs)) return 'down';
      const attempt = Math.max(claimed, await inbox.arrived(message));
      const told = judge(business.world, flowSpec(message.flow), message, attempt, startedAtMs);
      if (told.kind === 'wait' || told.failure?.unreachable) return 'down';
      const verdict =
        last && told.outcome === 'retried' ? ({ ...told, outcome: 'dead_lettered' } as const) : told;
      await sleep(Math.min(verdict.durationMs, workMsMax), undefined, { signal: stop });
      noteFailure(business.world, message, attempt, startedAtMs, verdict, overHttp);
      const first = verdict.outcome === 'delivered' && (await inbox.effect(message, now()));
      const endMs = now();
      if (first) reactTo(business, message, endMs);
      const { failure, retryAfterMs } = verdict;
      return {
        attempt,
        startedAtMs,
        durationMs: endMs - startedAtMs,
        outcome: verdict.outcome === 'delivered' && !first ? 'discarded' : verdict.outcome,
        ...(failure && { failure }),
        ...(retryAfterMs !== undefined && !last && { retryAfterMs }),
      };
    },
  };
}
