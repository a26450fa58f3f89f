import { flowSpecs } from './flows.ts';
import { randomOf } from './random.ts';

/** Troubles of a flow that last a while. */
export const windowKinds = ['consumer-down', 'slow-consumer', 'schema-change', 'outage'] as const;
/** Troubles of one message or one transaction. */
export const singleKinds = [
  'poison-message',
  'transient-error',
  'lost-event',
  'duplicate-webhook',
  'shipment-without-invoice',
  'same-key-twin',
  'partial-shipment',
] as const;
export type WindowKind = (typeof windowKinds)[number];
export type SingleKind = (typeof singleKinds)[number];
export type FaultKind = WindowKind | SingleKind;
export const faultKinds: readonly FaultKind[] = [...windowKinds, ...singleKinds];

/** What must cause no finding and no alert of its own. */
export const harmlessKinds: ReadonlySet<FaultKind> = new Set([
  'transient-error',
  'same-key-twin',
  'partial-shipment',
]);

export interface FaultWindow {
  readonly id: string;
  readonly kind: WindowKind;
  readonly flow: string;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Share of messages hit (schema-change), or how many times slower (slow-consumer). */
  readonly strength: number;
}

/** Says for each flow, message and transaction what goes wrong; asking changes nothing. */
export interface FaultPlan {
  windowAt(kind: WindowKind, flow: string, atMs: number): FaultWindow | undefined;
  /** Windows that begin in [fromMs, untilMs). */
  windowsBetween(fromMs: number, untilMs: number): FaultWindow[];
  chosen(kind: SingleKind, subject: string): boolean;
  /** Adds a window by hand, as the control endpoint does. */
  add(window: FaultWindow): void;
  /** Lets the next `count` messages (of that flow, when named) or transactions suffer a single fault. */
  provoke(kind: SingleKind, flow: string | undefined, count: number): void;
}

const minuteMs = 60_000;
const slotMs = 120 * minuteMs;

const odds: Readonly<Record<SingleKind, number>> = {
  'poison-message': 0.0008,
  'transient-error': 0.005,
  'lost-event': 0.004,
  'duplicate-webhook': 0.012,
  'shipment-without-invoice': 0.008,
  'same-key-twin': 0.02,
  'partial-shipment': 0.06,
};

/** A plan that holds the kinds asked for; equal seeds give equal plans. */
export function createFaultPlan(seed: number, kinds: ReadonlySet<FaultKind>): FaultPlan {
  const slots = new Map<number, FaultWindow[]>();
  const added: FaultWindow[] = [];
  const provoked = createProvoked();
  const slot = (index: number): FaultWindow[] => {
    const known = slots.get(index);
    if (known) return known;
    const windows = windowsOfSlot(seed, index).filter((window) => kinds.has(window.kind));
    slots.set(index, windows);
    return windows;
  };
  return {
    windowAt(kind, flow, atMs) {
      const holds = (w: FaultWindow): boolean =>
        w.kind === kind && w.flow === flow && w.fromMs <= atMs && atMs < w.untilMs;
      return slot(Math.floor(atMs / slotMs)).find(holds) ?? added.find(holds);
    },
    windowsBetween(fromMs, untilMs) {
      const found: FaultWindow[] = [];
      for (let index = Math.floor(fromMs / slotMs); index * slotMs < untilMs; index++)
        found.push(...slot(index));
      return [...found, ...added].filter((w) => w.fromMs >= fromMs && w.fromMs < untilMs);
    },
    chosen: (kind, subject) =>
      (kinds.has(kind) && randomOf(seed, `${kind} ${subject}`).chance(odds[kind])) ||
      provoked.strikes(kind, subject),
    add: (window) => void added.push(window),
    provoke: provoked.add,
  };
}

/** Two hours: always a slow flow, mostly one that refuses messages after a release, sometimes one that is down or unwell. */
function windowsOfSlot(seed: number, index: number): FaultWindow[] {
  const random = randomOf(seed, `slot ${index}`);
  const draw = (kind: WindowKind, minutesMin: number, minutesMax: number, strength: number): FaultWindow => {
    const durationMs = random.int(minutesMin, minutesMax) * minuteMs;
    const fromMs = index * slotMs + Math.floor(random.next() * (slotMs - durationMs));
    const flow = flowSpecs[random.int(0, flowSpecs.length - 1)]?.name ?? '';
    return { id: `${kind}-${index}`, kind, flow, fromMs, untilMs: fromMs + durationMs, strength };
  };
  const windows = [draw('slow-consumer', 50, 100, random.int(18, 45))];
  if (random.chance(0.65)) windows.push(draw('schema-change', 20, 50, 0.15 + 0.3 * random.next()));
  if (random.chance(0.4)) windows.push(draw('consumer-down', 8, 22, 1));
  if (random.chance(0.25)) windows.push(draw('outage', 6, 15, 1));
  return windows;
}

interface Provocation {
  readonly kind: SingleKind;
  readonly flow: string | undefined;
  left: number;
}

const provokedMax = 10_000;

/** Whoever was struck once stays struck, so that asking twice gives the same answer. */
function createProvoked(): {
  strikes(kind: SingleKind, subject: string): boolean;
  add: FaultPlan['provoke'];
} {
  const waiting: Provocation[] = [];
  const struck = new Set<string>();
  return {
    add: (kind, flow, count) => void waiting.push({ kind, flow, left: count }),
    strikes(kind, subject) {
      const name = `${kind} ${subject}`;
      if (struck.has(name)) return true;
      const next = waiting.find(
        (one) => one.kind === kind && one.left > 0 && subject.startsWith(one.flow ?? ''),
      );
      if (!next || struck.size >= provokedMax) return false;
      next.left -= 1;
      struck.add(name);
      return true;
    },
  };
}
