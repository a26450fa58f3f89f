import { createRoute, z } from '@hono/zod-openapi';
import { streamSSE } from 'hono/streaming';
import type { Context } from '../context.ts';
import { Problem, problemResponses } from '../problem.ts';
import { createRouter } from '../router.ts';
import type { LiveEvent } from './hub.ts';

const clientsMax = 500;
const waitingMax = 100;
const heartbeatMs = 15_000;

const events = createRoute({
  method: 'get',
  path: '/events',
  summary: 'What happens now, as server-sent events',
  description:
    'Topics: telemetry.tick (newest telemetry and counts, every few seconds while there is news), catalog.changed, catalog.invalid. A comment line every 15 s keeps the connection. Last-Event-ID resumes.',
  responses: {
    200: { description: 'A stream of events', content: { 'text/event-stream': { schema: z.string() } } },
    ...problemResponses,
  },
});

/** Live events for the console; `stopped` ends the streams when the process is asked to stop. */
export function liveRoutes(context: Context, stopped: AbortSignal) {
  return createRouter().openapi(events, (c) => {
    if (context.events.listeners >= clientsMax) {
      throw new Problem(
        'too_many_clients',
        `${clientsMax} live connections are open already: try again later.`,
        { headers: { 'retry-after': '30' } },
      );
    }
    const lastId = Number(c.req.header('last-event-id') ?? Number.NaN);
    c.header('x-accel-buffering', 'no');
    return streamSSE(c, async (stream) => {
      const waiting: LiveEvent[] = [];
      let wake = () => {};
      const unsubscribe = context.events.subscribe(
        (event) => {
          // A client that does not read loses the oldest news, never the server's memory.
          if (waiting.length >= waitingMax) waiting.shift();
          waiting.push(event);
          wake();
        },
        Number.isInteger(lastId) ? lastId : undefined,
      );
      const end = () => wake();
      stream.onAbort(end);
      stopped.addEventListener('abort', end);
      try {
        await stream.write(': hello\n\n');
        while (!stream.aborted && !stopped.aborted) {
          for (let event = waiting.shift(); event; event = waiting.shift()) {
            await stream.writeSSE({
              id: String(event.id),
              event: event.topic,
              data: JSON.stringify(event.data),
            });
          }
          const woken = await new Promise<boolean>((resolve) => {
            const timer = setTimeout(() => resolve(false), heartbeatMs);
            wake = () => {
              clearTimeout(timer);
              resolve(true);
            };
            if (waiting.length > 0 || stopped.aborted || stream.aborted) wake();
          });
          if (!woken) await stream.write(': still here\n\n');
        }
      } finally {
        unsubscribe();
        stopped.removeEventListener('abort', end);
      }
    });
  });
}
