import { setTimeout as sleep } from 'node:timers/promises';
import type { Message, Step } from '../business/types.ts';
import type { Desk, Handling } from './desk.ts';
import type { Delivery } from './wire.ts';

/** The flows that travel through one kind of broker, while it is reachable. */
export interface QueuePost {
  send(message: Message): Promise<void>;
  close(): Promise<void>;
}

export interface QueueOptions {
  readonly url: string;
  readonly desk: Desk;
  readonly emit: (step: Step) => void;
  readonly now: () => number;
  readonly stop: AbortSignal;
  /** Told once the connection is gone. */
  readonly lost: (reason: string) => void;
  /** Empties the queues first, where that can be done. */
  readonly fresh: boolean;
}

/** A message keeps its place while it waits for its next try, so there must be room for a burst that waits. */
export const inHandMax = 250;

/** A consumer that is down takes nothing from its queue: the message waits, unacknowledged. */
export async function handleOnceUp(
  desk: Desk,
  delivery: Delivery,
  now: () => number,
  stop: AbortSignal,
): Promise<Handling> {
  for (;;) {
    const handling = await desk.handle(delivery, { overHttp: false });
    if (handling !== 'down') return handling;
    const untilMs = desk.downUntilMs(delivery.message) ?? now();
    await sleep(Math.max(500, untilMs - now()), undefined, { signal: stop });
  }
}
