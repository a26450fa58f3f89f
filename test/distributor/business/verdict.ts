import { outageFailure, schemaFailure, transientFailure, unreachableFailure } from './causes.ts';
import type { FaultKind, FaultWindow } from './faults.ts';
import type { FlowSpec } from './flows.ts';
import { refusalOf } from './refusals.ts';
import type { Failure, Message, Outcome } from './types.ts';
import type { World } from './world.ts';

/** What comes of one attempt to process a message. */
export type Verdict =
  | { readonly kind: 'wait'; readonly untilMs: number }
  | {
      readonly kind: 'done';
      readonly durationMs: number;
      readonly outcome: Outcome;
      readonly failure?: Failure;
      /** The fault behind a failure: its kind, and the id of its window or message. */
      readonly fault?: { readonly kind: FaultKind; readonly id: string };
      readonly retryAfterMs?: number;
    };

/** Judges the `attempt`th try (from 1) of a message at an instant. Pure: asked again, it says the same. */
export function judge(
  world: World,
  spec: FlowSpec,
  message: Message,
  attempt: number,
  atMs: number,
): Verdict {
  const random = world.random(`${message.id} attempt ${attempt}`);
  const down = world.faults.windowAt('consumer-down', spec.name, atMs);
  const http = spec.transport.kind === 'http';
  if (down && !http) return { kind: 'wait', untilMs: down.untilMs + random.int(200, 45_000) };
  const durationMs = random.lognormal(spec.processMs, spec.spread) * slowness(world, spec, atMs);
  if (down && spec.transport.kind === 'http') {
    const failure = unreachableFailure(spec.transport.host);
    return failed(spec, attempt, {
      durationMs: random.int(1, 9),
      failure,
      fault: { kind: 'consumer-down', id: down.id },
    });
  }
  const trouble = troubleOf(world, message, attempt, atMs);
  if (trouble) return failed(spec, attempt, { durationMs: durationMs * trouble.pace, ...trouble });
  return {
    kind: 'done',
    durationMs,
    outcome: message.transaction.endsWith('.twin') ? 'discarded' : 'delivered',
  };
}

/** How much longer a message waits in its queue before the first attempt, in milliseconds. */
export function backlogMs(world: World, spec: FlowSpec, atMs: number): number {
  const slow = world.faults.windowAt('slow-consumer', spec.name, atMs);
  if (!slow || spec.transport.kind === 'http') return 0;
  const sinceMs = atMs - slow.fromMs;
  const halfMs = (slow.untilMs - slow.fromMs) / 2;
  return Math.min(sinceMs, 2 * halfMs - sinceMs) * 0.2;
}

function slowness(world: World, spec: FlowSpec, atMs: number): number {
  const slow: FaultWindow | undefined = world.faults.windowAt('slow-consumer', spec.name, atMs);
  return slow ? Math.max(slow.strength, 6_000 / spec.processMs) : 1;
}

interface Trouble {
  readonly failure: Failure;
  readonly fault: { readonly kind: FaultKind; readonly id: string };
  /** A refusal is quick, a timeout is slow. */
  readonly pace: number;
}

function troubleOf(world: World, message: Message, attempt: number, atMs: number): Trouble | undefined {
  const { faults } = world;
  const random = world.random(`${message.id} trouble ${attempt}`);
  const outage = faults.windowAt('outage', message.flow, atMs);
  if (outage) {
    const failure = outageFailure(message, random);
    return { failure, fault: { kind: 'outage', id: outage.id }, pace: 0.2 };
  }
  const refusal = refusalOf(message, world.random(`${message.id} poison`));
  if (refusal) {
    return { failure: refusal, fault: { kind: 'poison-message', id: message.id }, pace: 0.5 };
  }
  const release = faults.windowAt('schema-change', message.flow, atMs);
  if (release && world.random(`${release.id} ${message.id}`).chance(release.strength)) {
    const failure = schemaFailure(message, world.random(`${message.id} schema`));
    return { failure, fault: { kind: 'schema-change', id: release.id }, pace: 0.3 };
  }
  if (faults.chosen('transient-error', `${message.id} ${attempt}`)) {
    return {
      failure: transientFailure(message, random),
      fault: { kind: 'transient-error', id: message.id },
      pace: 12,
    };
  }
  return undefined;
}

/**
 * A target that says itself that it is unwell is asked again soon, and then no more. A body that it can never accept
 * is not sent to it again.
 */
const waitsOf: Partial<Record<FaultKind, readonly number[]>> = {
  outage: [1000, 3000],
  'poison-message': [],
};

function failed(
  spec: FlowSpec,
  attempt: number,
  what: { durationMs: number; failure: Failure; fault: { kind: FaultKind; id: string } },
): Verdict {
  const { durationMs, failure, fault } = what;
  const waitsMs = waitsOf[fault.kind] ?? spec.retryWaitsMs;
  const waitMs = refused(spec, failure) ? undefined : waitsMs[attempt - 1];
  if (waitMs === undefined) return { kind: 'done', durationMs, outcome: 'dead_lettered', failure, fault };
  return { kind: 'done', durationMs, outcome: 'retried', failure, fault, retryAfterMs: waitMs };
}

/** A client that is told 4xx does not ask again, but for 429. */
function refused(spec: FlowSpec, failure: Failure): boolean {
  const status = failure.status ?? 500;
  return spec.transport.kind === 'http' && !failure.unreachable && status < 500 && status !== 429;
}
