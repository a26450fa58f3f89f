import { inTransaction, query, execute } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { plumbline } from '../../actor.ts';
import { recordAct } from '../../audit/record.ts';
import { describeError } from '../../log.ts';
import { confirmPage } from '../confirm.ts';
import { decidedTopic } from '../decide.ts';
import { keepCounts } from '../keep-counts.ts';
import { type Bucket, createBucket } from './bucket.ts';
import { findOrphans, takeLease } from './lease.ts';
import type { EnginePorts, EngineSettings } from './ports.ts';
import { createThrottle } from './throttle.ts';
import { work } from './worker.ts';

const previewsKeptMs = 24 * 3_600_000;
const expireEveryMs = 60_000;
const Decided = z.object({ id: z.string(), action: z.string() });

export interface ReplayEngine {
  /** Stops after what is being sent now; nothing is left half written. */
  stop(): Promise<void>;
}

/** Works on replays in this process: starts those that are due, sends, confirms, finishes. */
export function startReplayEngine(ports: EnginePorts, settings: EngineSettings): ReplayEngine {
  const owner = ports.randomId();
  const stopping = new AbortController();
  const workers = new Map<string, { abort: () => void; done: Promise<void> }>();
  const buckets = new Map<string, Bucket>();
  const pages = new Map<string, number>();
  const throttle = createThrottle(500, (id) => ports.events.publish('replay.changed', { id }));
  let expiredMs = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;
  let isWanted = false;

  const start = async (id: string) => {
    if (workers.has(id) || stopping.signal.aborted) return;
    const held = await takeLease(ports.postgres, id, owner, settings.leaseMs);
    if (!held) return;
    const decided = new AbortController();
    const done = work({
      ports,
      settings,
      held,
      buckets: [bucketOf(held), createBucket(held.perSecond, performance.now())],
      stop: AbortSignal.any([decided.signal, stopping.signal]),
      changed: () => throttle.touch(id),
    })
      .catch((error: unknown) =>
        ports.log.error('a replay stopped; it is taken up again when its lease ends', {
          replay: id,
          ...describeError(error),
        }),
      )
      .finally(() => {
        workers.delete(id);
        wake();
      });
    workers.set(id, { abort: () => decided.abort(), done });
  };

  /** One pace for each destination, whichever replays send there: the smallest that a flow's policy gives. */
  const bucketOf = (held: { connection: string; destination: string; flow: string; perSecond: number }) => {
    const name = `${held.connection}\n${held.destination}`;
    const policy = ports.catalog.current().catalog.flows.find((flow) => flow.name === held.flow)?.replay;
    const perSecond = policy?.perSecond ?? held.perSecond;
    const bucket = buckets.get(name) ?? createBucket(perSecond, performance.now());
    bucket.pace(perSecond);
    buckets.set(name, bucket);
    return bucket;
  };

  const look = async () => {
    const now = ports.now();
    if (now.getTime() - expiredMs >= expireEveryMs) {
      expiredMs = now.getTime();
      await expirePreviews(ports, now);
    }
    for (const id of await beginDue(ports, now)) throttle.touch(id);
    for (const id of await findOrphans(ports.postgres)) await start(id);
    await confirmIdle(
      ports,
      (id) => workers.has(id),
      pages,
      now,
      (id) => throttle.touch(id),
    );
    await keepCounts(ports.postgres);
  };

  /** Looks now; when a look is under way, once more after it. */
  const wake = () => {
    if (stopping.signal.aborted) return;
    if (looking) return void (isWanted = true);
    looking = look()
      .catch((error: unknown) => ports.log.warn('replays could not be looked at', describeError(error)))
      .finally(() => {
        looking = undefined;
        if (!isWanted) return;
        isWanted = false;
        wake();
      });
  };

  const timer = setInterval(wake, settings.pollMs);
  timer.unref();
  const unsubscribe = ports.events.subscribe(({ topic, data }) => {
    const decided = topic === decidedTopic ? Decided.safeParse(data) : undefined;
    if (!decided?.success) return;
    if (decided.data.action === 'pause' || decided.data.action === 'cancel')
      workers.get(decided.data.id)?.abort();
    wake();
  });
  wake();

  return {
    async stop() {
      clearInterval(timer);
      unsubscribe();
      stopping.abort();
      await looking;
      await Promise.all([...workers.values()].map(({ done }) => done));
      throttle.stop();
    },
  };
}

/** Deletes previews that nobody decided on for a day; their manifests go with them. */
async function expirePreviews(ports: EnginePorts, now: Date): Promise<void> {
  await execute(ports.postgres, `DELETE FROM replays WHERE state = 'previewed' AND requested_at < $1`, [
    new Date(now.getTime() - previewsKeptMs),
  ]);
}

/** Starts scheduled replays whose time has come. */
function beginDue(ports: EnginePorts, now: Date): Promise<string[]> {
  return inTransaction(ports.postgres, async (on) => {
    const due = await query(on, {
      name: 'replays.begin_due',
      sql: `
        UPDATE replays SET state = 'running', started_at = $1, revision = revision + 1
        WHERE id IN (SELECT id FROM replays WHERE state = 'scheduled' AND scheduled_for <= $1 ORDER BY seq LIMIT 100 FOR UPDATE SKIP LOCKED)
        RETURNING id`,
      params: [now],
      schema: z.object({ id: z.string() }),
    });
    for (const { id } of due)
      await recordAct(on, {
        at: now,
        actor: plumbline,
        action: 'replays.begin',
        target: `replay:${id}`,
        requestId: 'engine',
      });
    return due.map(({ id }) => id);
  });
}

/** Word of a consumer may come when nobody works on a replay any more: paused, cancelled, finished with unknowns. */
async function confirmIdle(
  ports: EnginePorts,
  isWorkedOn: (id: string) => boolean,
  pages: Map<string, number>,
  now: Date,
  changed: (id: string) => void,
): Promise<void> {
  const idle = await query(ports.postgres, {
    name: 'replays.awaiting_word',
    sql: `
      SELECT r.id, r.flow, r.confirm_within_ms::text AS "confirmWithinMs" FROM replays r
      WHERE r.state IN ('paused', 'halted', 'cancelled', 'finished') AND r.started_at > $1
        AND EXISTS (SELECT 1 FROM replay_items i WHERE i.replay_id = r.id AND i.state IN ('sent', 'unknown'))
      ORDER BY r.seq DESC LIMIT 50`,
    params: [new Date(now.getTime() - 7 * 24 * 3_600_000)],
    schema: z.object({ id: z.string(), flow: z.string(), confirmWithinMs: z.coerce.number() }),
  });
  for (const replay of idle) {
    if (isWorkedOn(replay.id)) continue;
    const found = await confirmPage(
      ports.postgres,
      ports.evidence,
      ports.catalog.current().catalog,
      replay,
      pages.get(replay.id) ?? 0,
      now,
    );
    pages.set(replay.id, found.next);
    if (found.verdicts.length > 0) changed(replay.id);
  }
}
