import type { Postgres } from '@plumbline/model/postgres/pool.ts';
import { defaultPolicy, type CoursePolicy } from '@plumbline/slo/notify/course.ts';
import type { Channel } from '@plumbline/slo/notify/notification.ts';
import { describeError, type Log } from '../log.ts';
import { claimNext, recordDelivery } from './course-store.ts';
import { forgetOld } from './forget.ts';

const periodMs = 500;
const forgetEveryMs = 60 * 60_000;
/** Acts for one channel in one round; the others wait for the next one. */
const roundMax = 100;

export interface DispatchPorts {
  readonly postgres: Postgres;
  readonly log: Log;
  readonly now: () => Date;
  readonly randomId: () => string;
  /** The channels that there are now, by name. */
  readonly channels: () => ReadonlyMap<string, Channel>;
  readonly policy?: CoursePolicy;
}

/**
 * Tells channels of alerts while this process lives, one act at a time for each channel, so that none waits for another.
 * Any number of processes may do so at once. Answers how to stop: what is on its way is waited for.
 */
export function startDispatch(ports: DispatchPorts): () => Promise<void> {
  const stopping = new AbortController();
  const running = new Map<string, Promise<void>>();
  const look = () => {
    for (const [name, channel] of ports.channels()) {
      if (running.has(name)) continue;
      const round = dispatchTo(ports, name, channel, stopping.signal)
        .catch((error: unknown) =>
          ports.log.warn('alerts could not be dispatched', { channel: name, ...describeError(error) }),
        )
        .finally(() => running.delete(name));
      running.set(name, round);
    }
  };
  const forget = () => {
    forgetOld(ports.postgres, ports.now()).catch((error: unknown) =>
      ports.log.warn('old alerts could not be forgotten', describeError(error)),
    );
  };
  const timers = [setInterval(look, periodMs), setInterval(forget, forgetEveryMs)];
  for (const timer of timers) timer.unref();
  return async () => {
    for (const timer of timers) clearInterval(timer);
    stopping.abort();
    await Promise.all(running.values());
  };
}

/** Tells one channel what is due, one act after the other. */
export async function dispatchTo(
  ports: DispatchPorts,
  name: string,
  channel: Channel,
  stop: AbortSignal,
): Promise<void> {
  const policy = ports.policy ?? defaultPolicy;
  for (let round = 0; round < roundMax && !stop.aborted; round += 1) {
    const lease = ports.randomId();
    const claim = await claimNext(ports.postgres, { channel: name, now: ports.now(), lease, policy });
    if (!claim) return;
    // A stop does not cut off what is on its way: its answer is worth the seconds.
    const delivery = await channel.deliver(
      claim.notification,
      claim.mayBeDouble,
      new AbortController().signal,
    );
    if (delivery.kind !== 'delivered')
      ports.log.warn('a channel did not take an act', {
        channel: name,
        act: claim.act.id,
        reason: delivery.reason,
      });
    await recordDelivery(ports.postgres, claim, delivery, ports.now(), policy);
  }
}
