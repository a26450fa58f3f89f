import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { problemResponses } from '../problem.ts';
import { createRouter } from '../router.ts';
import { readTrace } from './read-trace.ts';
import { Trace } from './schemas.ts';

const read = createRoute({
  method: 'get',
  path: '/traces/{id}',
  summary: 'One trace: spans, links in both directions, logs',
  request: {
    params: z.object({ id: z.string().regex(/^[0-9a-fA-F]{32}$/, 'a trace id is 32 hexadecimal digits') }),
  },
  responses: {
    200: { description: 'The trace', content: { 'application/json': { schema: Trace } } },
    ...problemResponses,
  },
});

export function traceRoutes(context: Context) {
  return createRouter().openapi(read, async (c) =>
    c.json(await readTrace(context, c.req.valid('param').id.toLowerCase()), 200),
  );
}
