import type { Arrival } from './calendar.ts';
import { createFaultPlan } from './faults.ts';
import { begin, react } from './react.ts';
import type { Effect, Message } from './types.ts';
import { createWorld, type World } from './world.ts';

type Beginning = Pick<Arrival, 'kind' | 'channel'>;

const beginnings: readonly Beginning[] = [
  { kind: 'order', channel: 'shop' },
  { kind: 'order', channel: 'marketplace' },
  { kind: 'order', channel: 'edi' },
  { kind: 'movement' },
  { kind: 'return' },
  { kind: 'price' },
  { kind: 'customer' },
];

/** No message stands further from the beginning of its transaction. */
const stepsMax = 200;

/**
 * What it takes to put one message for each number on a flow at once. Where the flow begins a transaction, all that
 * begins it is there; otherwise the message alone, made by living through what comes before it in a world apart.
 */
export function burstOn(flow: string, seed: number, numbers: readonly string[], atMs: number): Effect[] {
  const world = createWorld(seed, createFaultPlan(seed, new Set()), () => undefined);
  const beginning = beginnings.find((one) => messageOn(flow, world, { ...one, atMs, number: '00000000' }));
  if (!beginning) throw new Error(`No transaction leads to ${flow}.`);
  return numbers.flatMap((number) => {
    const arrival = { ...beginning, atMs, number };
    const effects = begin(world, arrival);
    if (effects.some((one) => one.kind === 'send' && one.message.flow === flow)) return effects;
    const message = messageOn(flow, world, arrival);
    return message ? [{ kind: 'send', afterMs: 0, message } as const] : [];
  });
}

/** The messages of these effects that travel on a flow. */
export function messagesOn(flow: string, effects: readonly Effect[]): Message[] {
  return effects.flatMap((one) => (one.kind === 'send' && one.message.flow === flow ? [one.message] : []));
}

function messageOn(flow: string, world: World, arrival: Arrival): Message | undefined {
  const effects = begin(world, arrival);
  for (let step = 0; step < stepsMax && effects.length > 0; step++) {
    const effect = effects.shift();
    if (effect?.kind !== 'send') continue;
    if (effect.message.flow === flow) return alone(effect.message);
    effects.push(...react(world, effect.message, arrival.atMs));
  }
  return undefined;
}

/** Nothing that came before it was ever sent, so it must not refer to it. */
function alone({ cause: _, ...message }: Message): Message {
  return { ...message, trace: message.id };
}
