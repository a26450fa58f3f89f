import { createAgenda, type Agenda } from './agenda.ts';
import { arrivalsOfHour, type Arrival } from './calendar.ts';
import { harmlessKinds, type FaultPlan } from './faults.ts';
import { flowSpec } from './flows.ts';
import { lostEvent, noteLostEvent, recordStock, sequenceKey } from './inventory.ts';
import { windowEntry, type ManifestEntry } from './manifest.ts';
import { begin, react } from './react.ts';
import { spoiled } from './refusals.ts';
import type { Effect, Message, Step } from './types.ts';
import { backlogMs, judge, type Verdict } from './verdict.ts';
import { createWorld, type World } from './world.ts';

const hourMs = 3_600_000;

type Item =
  | { readonly kind: 'hour'; readonly hour: number }
  | { readonly kind: 'arrival'; readonly arrival: Arrival }
  | { readonly kind: 'effect'; readonly effect: Effect }
  | {
      readonly kind: 'attempt';
      readonly message: Message;
      readonly sentAtMs: number;
      readonly attempt: number;
    };

/** A business in motion. Back-fill advances it on a virtual clock, the live run on the real one. */
export interface Business {
  readonly world: World;
  readonly agenda: Agenda<Item>;
  readonly emit: (step: Step) => void;
  /** Takes over the sending of a message; returning false leaves it to the simulation. */
  deliver: (message: Message, atMs: number) => boolean;
}

export interface BusinessOptions {
  readonly seed: number;
  /** Mean number of transactions that begin in a minute. */
  readonly ratePerMinute: number;
  readonly faults: FaultPlan;
  readonly fromMs: number;
  readonly emit: (step: Step) => void;
  readonly note: (entry: ManifestEntry) => void;
}

interface Rate {
  readonly seed: number;
  readonly ratePerMinute: number;
}

/** A business that opens at the full hour before `fromMs`. */
export function createBusiness(options: BusinessOptions): Business & Rate {
  const { seed, ratePerMinute, faults, fromMs, emit, note } = options;
  const agenda = createAgenda<Item>();
  const hour = Math.floor(fromMs / hourMs);
  agenda.add(hour * hourMs, { kind: 'hour', hour });
  return { world: createWorld(seed, faults, note), agenda, emit, deliver: () => false, seed, ratePerMinute };
}

/** Lets everything happen that is due before `untilMs`. */
export function advance(business: Business & Rate, untilMs: number): void {
  for (;;) {
    const nextMs = business.agenda.nextAtMs();
    if (nextMs === undefined || nextMs >= untilMs) return;
    const due = business.agenda.take();
    if (due) perform(business, due.item, due.atMs);
  }
}

/** What a target does after it processed a message, put on the agenda. */
export function reactTo(business: Business, message: Message, atMs: number): void {
  schedule(business, react(business.world, message, atMs), atMs);
}

/** Puts on the agenda what happens beside the usual course, such as a burst. */
export function inject(business: Business, effects: readonly Effect[], atMs: number): void {
  schedule(business, effects, atMs);
}

/** Writes a failed attempt into the manifest, which alone says why it failed. */
export function noteFailure(
  world: World,
  message: Message,
  attempt: number,
  atMs: number,
  verdict: Verdict,
  overHttp = flowSpec(message.flow).transport.kind === 'http',
): void {
  if (verdict.kind !== 'done' || !verdict.failure || !verdict.fault) return;
  const { failure, fault, outcome } = verdict;
  const expect = outcome === 'dead_lettered' ? 'failed message, dead letter' : 'failed message, retried';
  world.note({
    fault: fault.id,
    kind: fault.kind,
    scope: 'attempt',
    at: new Date(atMs).toISOString(),
    flow: message.flow,
    keys: message.keys,
    messageId: message.id,
    attempt,
    outcome,
    operations: failure.unreachable ? ['send'] : overHttp ? ['send', 'process'] : ['process'],
    expect,
    harmless: harmlessKinds.has(fault.kind) && outcome !== 'dead_lettered',
  });
}

function perform(business: Business & Rate, item: Item, atMs: number): void {
  switch (item.kind) {
    case 'hour':
      return openHour(business, item.hour);
    case 'arrival':
      return schedule(business, begin(business.world, item.arrival), atMs);
    case 'effect':
      return apply(business, item.effect, atMs);
    case 'attempt':
      return attemptNow(business, item.message, item.sentAtMs, item.attempt, atMs);
  }
}

function openHour(business: Business & Rate, hour: number): void {
  const { agenda, world, seed, ratePerMinute } = business;
  for (const arrival of arrivalsOfHour(seed, ratePerMinute, hour))
    agenda.add(arrival.atMs, { kind: 'arrival', arrival });
  for (const window of world.faults.windowsBetween(hour * hourMs, (hour + 1) * hourMs))
    world.note(windowEntry(window));
  agenda.add((hour + 1) * hourMs, { kind: 'hour', hour: hour + 1 });
}

function schedule(business: Business, effects: readonly Effect[], atMs: number): void {
  for (const effect of effects) business.agenda.add(atMs + effect.afterMs, { kind: 'effect', effect });
}

function apply(business: Business, effect: Effect, atMs: number): void {
  switch (effect.kind) {
    case 'fact':
      return state(business, effect, atMs);
    case 'record':
      return business.emit({ kind: 'record', atMs, record: effect.record });
    case 'send': {
      const message = asSent(business.world, effect.message);
      if (!business.deliver(message, atMs)) sendNow(business, message, atMs);
    }
  }
}

/** Poison is in the body from the start: whoever repairs the body repairs the message. */
function asSent(world: World, message: Message): Message {
  const poisoned = world.faults.chosen('poison-message', message.id);
  return poisoned ? spoiled(message, world.random(`${message.id} spoiled`)) : message;
}

function state(business: Business, effect: Extract<Effect, { kind: 'fact' }>, atMs: number): void {
  const { fact } = effect;
  const { world } = business;
  const sequence = world.sequence(fact.system, sequenceKey(fact.keys));
  if (fact.name === lostEvent) noteLostEvent(world, fact.keys, atMs, sequence);
  else business.emit({ kind: 'fact', atMs, fact, sequence });
  if (fact.name.startsWith('stock_movement.posted')) {
    schedule(business, recordStock(world, fact.keys, Number(fact.fields['stock.quantity'])), atMs);
  }
}

function sendNow(business: Business, message: Message, atMs: number): void {
  const spec = flowSpec(message.flow);
  const random = business.world.random(`${message.id} sent`);
  if (spec.transport.kind === 'http') return attemptNow(business, message, atMs, 1, atMs);
  business.emit({ kind: 'sent', atMs, durationMs: random.lognormal(6, 0.5), message });
  const startMs =
    atMs + random.lognormal(spec.latencyMs, spec.spread) + backlogMs(business.world, spec, atMs);
  business.agenda.add(startMs, { kind: 'attempt', message, sentAtMs: atMs, attempt: 1 });
}

function attemptNow(
  business: Business,
  message: Message,
  sentAtMs: number,
  attempt: number,
  atMs: number,
): void {
  const verdict = judge(business.world, flowSpec(message.flow), message, attempt, atMs);
  if (verdict.kind === 'wait') {
    return business.agenda.add(verdict.untilMs, { kind: 'attempt', message, sentAtMs, attempt });
  }
  const { durationMs, outcome, failure, retryAfterMs } = verdict;
  business.emit({
    kind: 'attempted',
    atMs,
    durationMs,
    message,
    sentAtMs,
    attempt,
    outcome,
    ...(failure && { failure }),
  });
  noteFailure(business.world, message, attempt, atMs, verdict);
  const endMs = atMs + durationMs;
  if (outcome === 'delivered') reactTo(business, message, endMs);
  if (retryAfterMs !== undefined) {
    business.agenda.add(endMs + retryAfterMs, { kind: 'attempt', message, sentAtMs, attempt: attempt + 1 });
  }
}
