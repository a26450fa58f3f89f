import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { problemResponses } from '../problem.ts';
import { parseRange, RangeQuery } from '../range.ts';
import { rememberFor } from '../remember.ts';
import { createRouter } from '../router.ts';
import type { StateCount } from '../transactions/run-queries.ts';
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

/** Counting the runs of a week reads a million rows; live pages ask every few seconds. */
const countLifeMs = 15_000;

export function overviewRoutes(context: Context) {
  const countOnce = rememberFor<StateCount[]>(countLifeMs, context.now);
  return createRouter().openapi(read, async (c) => {
    const range = parseRange(c.req.valid('query'), context.now());
    return c.json(await readOverview(context, range, countOnce), 200);
  });
}
