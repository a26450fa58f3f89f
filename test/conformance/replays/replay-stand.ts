import { setTimeout as sleep } from 'node:timers/promises';
import { startReplayEngine } from '@plumbline/control-plane/replays/engine/engine.ts';
import { type EnginePorts, engineDefaults } from '@plumbline/control-plane/replays/engine/ports.ts';
import type { ReplayDetail } from '@plumbline/control-plane/replays/schemas.ts';
import type { Transport } from '@plumbline/control-plane/transports/port.ts';
import { openStand, type Stand } from '../api/stand.ts';
import { writeCatalog } from './letters.ts';
import { createMemoryEvidence, createMemoryTransport } from './memory.ts';

/** The API over real PostgreSQL, with a destination and telemetry in memory, and an engine in a hurry. */
export async function openReplayStand(policy: object) {
  const memory = createMemoryTransport();
  let away = false;
  let carrier: Transport = memory.transport;
  const stand = await openStand(await writeCatalog(policy), {
    of: () => (away ? undefined : carrier),
    close: () => Promise.resolve(),
  });
  const telemetry = createMemoryEvidence(stand.context.now);
  const ports: EnginePorts = { ...stand.context, evidence: telemetry.evidence };
  const operator = await stand.tokenOf('operator');
  const second = await stand.tokenOf('operator');
  const engineer = await stand.tokenOf('engineer');
  const settings = { ...engineDefaults, leaseMs: 300, pollMs: 20, confirmMs: 10, retryMs: 5 };
  return {
    ...stand,
    memory,
    telemetry,
    ports,
    settings,
    operator,
    second,
    engineer,
    /** Sends by another transport from now on. */
    sendBy: (transport: Transport) => void (carrier = transport),
    withoutConnection: (isAway: boolean) => void (away = isAway),
    startEngine: (changed: Partial<EnginePorts> = {}) =>
      startReplayEngine({ ...ports, ...changed }, settings),
    preview: async (json: object, token = operator) => {
      const answer = await stand.ask('POST', '/replays', {
        token,
        json: { reason: 'the ERP is back', ...json },
      });
      if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
      return answer.body as ReplayDetail;
    },
    /** No letter, no replay, nothing received and nothing told. */
    clear: async () => {
      await stand.context.postgres.query('TRUNCATE dead_letters, replays CASCADE');
      memory.received.splice(0);
      telemetry.forget();
    },
    read: (id: string) => readReplay(stand, id, operator),
    /** One decision with the revision that the replay has now. */
    decide: async (id: string, action: string, token = operator, more: object = {}) => {
      const { revision } = await readReplay(stand, id, operator);
      return stand.ask('POST', `/replays/${id}/${action}`, { token, json: { revision, ...more } });
    },
    /** Waits until a replay is as wanted, for ten seconds at most. */
    until: async (id: string, wanted: (replay: ReplayDetail) => boolean) => {
      const untilMs = performance.now() + 10_000;
      for (;;) {
        const replay = await readReplay(stand, id, operator);
        if (wanted(replay)) return replay;
        if (performance.now() > untilMs)
          throw new Error(`still ${replay.state} ${JSON.stringify(replay.counts)} ${replay.haltedWhy ?? ''}`);
        await sleep(10);
      }
    },
    /** Every replay of the database adds up. */
    conserved: async () => {
      const { items } = (
        await stand.ask(
          'GET',
          '/replays?limit=500&state=previewed,running,paused,halted,finished,cancelled',
          {
            token: operator,
          },
        )
      ).body as { items: ReplayDetail[] };
      return items.every(({ counts }) => {
        const { confirmed, refailed, skipped, unknown, cancelled, pending } = counts;
        return confirmed + refailed + skipped + unknown + cancelled + pending === counts.items;
      });
    },
  };
}
export type ReplayStand = Awaited<ReturnType<typeof openReplayStand>>;

async function readReplay(stand: Stand, id: string, token: string): Promise<ReplayDetail> {
  return (await stand.ask('GET', `/replays/${id}`, { token })).body as ReplayDetail;
}
