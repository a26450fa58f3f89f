import type { SSEStreamingApi } from 'hono/streaming';
import type { EventHub, LiveEvent } from './hub.ts';

const waitingMax = 100;

export interface StreamOptions {
  readonly events: EventHub;
  /** The last event that the client saw before it lost its connection. */
  readonly lastId: number | undefined;
  readonly heartbeatMs: number;
  /** Ends the stream when the process is asked to stop. */
  readonly stopped: AbortSignal;
  /** Asked with every heartbeat: whoever lost access meanwhile hears nothing more. */
  readonly mayStay: () => Promise<boolean>;
}

type Sink = Pick<SSEStreamingApi, 'write' | 'writeSSE' | 'onAbort' | 'aborted'>;

/** Writes events to one client until it leaves, loses access, or the process stops. */
export async function streamEvents(sink: Sink, options: StreamOptions): Promise<void> {
  const { events, lastId, heartbeatMs, stopped, mayStay } = options;
  const waiting: LiveEvent[] = [];
  let isBeatDue = false;
  let wake = () => {};
  const poke = () => wake();
  const isOver = () => sink.aborted || stopped.aborted;
  const unsubscribe = events.subscribe((event) => {
    // A client that does not read loses the oldest news, never the server's memory.
    if (waiting.length >= waitingMax) waiting.shift();
    waiting.push(event);
    poke();
  }, lastId);
  const heartbeat = setInterval(() => {
    isBeatDue = true;
    poke();
  }, heartbeatMs);
  sink.onAbort(poke);
  stopped.addEventListener('abort', poke);
  try {
    await sink.write('retry: 3000\n: hello\n\n');
    while (!isOver()) {
      if (isBeatDue) {
        isBeatDue = false;
        if (!(await mayStay())) return;
        await sink.write(': still here\n\n');
      }
      for (let event = waiting.shift(); event && !isOver(); event = waiting.shift()) {
        await sink.writeSSE({
          id: String(event.id),
          event: event.topic,
          data: JSON.stringify(event.data),
        });
      }
      if (waiting.length > 0 || isBeatDue || isOver()) continue;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    clearInterval(heartbeat);
    unsubscribe();
    stopped.removeEventListener('abort', poke);
  }
}
