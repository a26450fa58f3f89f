import { createRoute, z } from '@hono/zod-openapi';
import { streamSSE } from 'hono/streaming';
import { authenticate } from '../access/authenticate.ts';
import type { Context } from '../context.ts';
import { describeError } from '../log.ts';
import { problemResponses } from '../problem.ts';
import { actorOf, createRouter } from '../router.ts';
import { createConnections } from './connections.ts';
import { streamEvents } from './stream.ts';

const heartbeatMs = 15_000;

const events = createRoute({
  method: 'get',
  path: '/events',
  summary: 'What happens now, as server-sent events',
  description:
    'Topics: telemetry.tick (newest telemetry and counts, every few seconds while there is news), catalog.changed, catalog.invalid. A comment line every 15 s keeps the connection.',
  request: {
    headers: z.object({
      'last-event-id': z
        .string()
        .optional()
        .openapi({ description: 'Id of the last event that was seen: brings what came after it.' }),
    }),
  },
  responses: {
    200: { description: 'A stream of events', content: { 'text/event-stream': { schema: z.string() } } },
    ...problemResponses,
  },
});

/** Live events for the console; `stopped` ends the streams when the process is asked to stop. */
export function liveRoutes(context: Context, stopped: AbortSignal) {
  const connections = createConnections();
  const router = createRouter();
  // A stream is no typed answer, so the route is described apart from its handler.
  router.openAPIRegistry.registerPath(events);
  router.get('/events', (c) => {
    const leave = connections.enter(actorOf(c));
    const { headers } = c.req.raw;
    c.header('x-accel-buffering', 'no');
    return streamSSE(
      c,
      async (stream) => {
        try {
          const mayStay = () => stillMayEnter(context, headers);
          const lastId = lastSeen(headers);
          await streamEvents(stream, { events: context.events, lastId, heartbeatMs, stopped, mayStay });
        } finally {
          leave();
        }
      },
      async (error) => context.log.warn('live stream ended', describeError(error)),
    );
  });
  return router;
}

/** A database that is away for a moment takes nobody's access. */
async function stillMayEnter(context: Context, headers: Headers): Promise<boolean> {
  try {
    return (await authenticate(context, headers)) !== undefined;
  } catch {
    return true;
  }
}

function lastSeen(headers: Headers): number | undefined {
  const text = headers.get('last-event-id') ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
