import { startReplayEngine } from '@plumbline/control-plane/replays/engine/engine.ts';
import type { EnginePorts } from '@plumbline/control-plane/replays/engine/ports.ts';
import { takeLease } from '@plumbline/control-plane/replays/engine/lease.ts';
import { work } from '@plumbline/control-plane/replays/engine/worker.ts';
import { createBucket } from '@plumbline/control-plane/replays/engine/bucket.ts';
import type { Evidence } from '@plumbline/control-plane/replays/evidence.ts';
import { mortal } from '../crash.ts';
import { addLetters } from '../letters.ts';
import type { Answer } from '../memory.ts';
import { openReplayStand } from '../replay-stand.ts';
import { createGate, type Gate } from './gate.ts';
import { takeSnapshot, type Snapshot } from './snapshot.ts';

/** How the destination answers, message by message. */
export type Mood = 'accepts' | 'refuses' | 'away' | 'loses' | 'vanishes';
const answers: Readonly<Record<Mood, Answer>> = {
  accepts: { kind: 'accepted', position: '7' },
  refuses: { kind: 'refused', reason: '422', retryable: false },
  away: { kind: 'refused', reason: 'ECONNREFUSED', retryable: true },
  loses: { kind: 'unknown', reason: 'the confirm was lost' },
  vanishes: { kind: 'unknown', reason: 'the confirm was lost', vanished: true },
};

/** One word of telemetry, the n-th. */
export interface Tell {
  readonly messageId: string;
  readonly outcome: string;
  readonly key: string | null;
  readonly at: Date;
}

/** A message that reached the destination, and what its sender had heard of telemetry when it sent it. */
export interface Delivery {
  readonly letterId: string;
  readonly replayId: string;
  readonly generation: number;
  readonly messageId: string;
  readonly destination: string;
  readonly body: string;
  readonly heard: { readonly own: number; readonly key: number };
}

export interface Worker {
  readonly gate: Gate;
  readonly replayId: string;
  isOver: boolean;
  done: Promise<void>;
}

export const policy = {
  approvalAbove: 2,
  perSecond: 10_000,
  stages: [1, 2],
  haltRatio: 0.5,
  confirmWithin: '60s',
  maxGenerations: 2,
};

/** The API, the engine's workers, a destination and telemetry, all in the hands of a test. */
export async function openWorld() {
  const stand = await openReplayStand(policy);
  const settings = { ...stand.settings, leaseMs: 120_000, retryMs: 1 };
  const { cookie: ada } = await stand.addPerson('admin', 'ada@example.com');
  const { cookie: bob } = await stand.addPerson('engineer', 'bob@example.com');
  const { cookie: carl } = await stand.addPerson('operator', 'carl@example.com');
  const made = await stand.ask('POST', '/tokens', { cookie: ada, json: { name: 'script', role: 'admin' } });
  const people = {
    ada: { cookie: ada },
    adasToken: { token: (made.body as { secret: string }).secret },
    bob: { cookie: bob },
    carl: { cookie: carl },
  };
  const tells: Tell[] = [];
  const deliveries: Delivery[] = [];
  const workers: (Worker | undefined)[] = [];
  const moods: Mood[] = [];
  let sends = 0;

  /** Telemetry as one process hears it: what it asked for, it knows up to that word. */
  const listen = (): { evidence: Evidence; heard: Map<string, number> } => {
    const heard = new Map<string, number>();
    const { evidence } = stand.telemetry;
    return {
      heard,
      evidence: {
        ...evidence,
        outcomes: (flow, ids, since) => {
          for (const id of ids) heard.set(id, tells.length);
          return evidence.outcomes(flow, ids, since);
        },
        successes: (flow, keys, since) => {
          for (const key of keys) heard.set(key, tells.length);
          return evidence.successes(flow, keys, since);
        },
      },
    };
  };

  /** What a process may use; what it sends is written down. */
  const portsOf = (): EnginePorts => {
    const { evidence, heard } = listen();
    const transport: typeof stand.memory.transport = {
      ...stand.memory.transport,
      async send(destination, batch, signal) {
        const before = stand.memory.received.length;
        const results = await stand.memory.transport.send(destination, batch, signal);
        for (const { message } of stand.memory.received.slice(before)) {
          const header = (name: string) => String(message.headers.find(([one]) => one === name)?.[1] ?? '');
          const letterId = header('plumbline-dead-letter');
          const letter = world.before.letters.get(letterId);
          deliveries.push({
            letterId,
            replayId: header('plumbline-replay'),
            generation: Number(header('plumbline-generation')),
            messageId: message.messageId,
            destination,
            body: message.body?.toString() ?? '',
            heard: {
              own: heard.get(letter?.messageId ?? '') ?? 0,
              key: heard.get(letter?.key ?? '') ?? 0,
            },
          });
        }
        return results;
      },
    };
    return { ...stand.ports, evidence, transports: { of: () => transport, close: () => Promise.resolve() } };
  };

  const world = {
    stand,
    people,
    tells,
    deliveries,
    workers,
    before: undefined as unknown as Snapshot,
    /** Acts that succeeded, as the audit log must have them. */
    acts: new Map<string, number>(),
    /** How often what happened, over all sequences. */
    seen: new Map<string, number>(),
    /** Verdicts of people, by replay and position. */
    verdicts: new Map<string, string>(),
    snapshot: () => takeSnapshot(stand.context.postgres, stand.clock.now),
    setMoods: (next: readonly Mood[]) => void moods.splice(0, moods.length, ...next),
    tell(messageId: string, outcome: string, key: string | null) {
      tells.push({ messageId, outcome, key, at: stand.clock.now });
      stand.telemetry.tell(messageId, outcome, key);
    },
    /** A worker takes a replay, if nobody holds it; it stands still until it is granted steps. */
    async hire(place: number, replayId: string): Promise<void> {
      const gate = createGate();
      const ports = portsOf();
      const transport = ports.transports.of('');
      if (!transport) return;
      const theirs = mortal(gate, { ...ports, transport });
      const announced: typeof transport = {
        ...theirs.transport,
        send: (...args) => {
          gate.sending();
          return theirs.transport.send(...args);
        },
      };
      const mine: EnginePorts = {
        ...ports,
        postgres: theirs.postgres,
        evidence: theirs.evidence,
        transports: { ...ports.transports, of: () => announced },
      };
      const held = await takeLease(stand.context.postgres, replayId, `worker-${place}`, settings.leaseMs);
      if (!held) return;
      const bucket = () => createBucket(held.perSecond, performance.now());
      const worker: Worker = { gate, replayId, isOver: false, done: Promise.resolve() };
      worker.done = work({
        ports: mine,
        settings,
        held,
        buckets: [bucket(), bucket()],
        stop: new AbortController().signal,
        changed: () => undefined,
      })
        .catch(() => undefined)
        .finally(() => (worker.isOver = true));
      await world.fire(place);
      workers[place] = worker;
    },
    /** A worker is gone from one moment to the next. */
    async fire(place: number): Promise<void> {
      workers[place]?.gate.kill();
      await workers[place]?.done;
      workers[place] = undefined;
    },
    startEngine: () => startReplayEngine(portsOf(), settings),
    /** Everything as at the first moment, with seven letters over three keys. */
    async reset(): Promise<void> {
      for (const place of workers.keys()) await world.fire(place);
      await stand.clear();
      for (const list of [tells, deliveries, moods]) list.splice(0);
      world.acts.clear();
      world.verdicts.clear();
      sends = 0;
      stand.clock.now = new Date('2026-11-23T12:00:00.000Z');
      stand.memory.answer(() => answers[moods[sends++ % Math.max(1, moods.length)] ?? 'accepts']);
      await addLetters(stand.context.postgres, 7, { perKey: 3 });
      world.before = await world.snapshot();
    },
  };
  return world;
}
export type World = Awaited<ReturnType<typeof openWorld>>;
