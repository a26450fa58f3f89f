import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { problemResponses } from '../problem.ts';
import { parseRange, RangeQuery } from '../range.ts';
import { createRouter } from '../router.ts';
import { readOverview } from './read-overview.ts';
import { Overview } from './schemas.ts';

const read = createRoute({
  method: 'get',
  path: '/overview',
  summary: 'What is broken, since when, and what it holds up',
  request: { query: RangeQuery },
  responses: {
    200: { description: 'The overview', content: { 'application/json': { schema: Overview } } },
    ...problemResponses,
  },
});

export function overviewRoutes(context: Context) {
  return createRouter().openapi(read, async (c) => {
    const range = parseRange(c.req.valid('query'), context.now());
    return c.json(await readOverview(context, range), 200);
  });
}
