import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { problemResponses } from '../problem.ts';
import { parseRange, RangeQuery } from '../range.ts';
import { createRouter } from '../router.ts';
import { listSystems } from './list-systems.ts';
import { SystemList } from './schemas.ts';

const list = createRoute({
  method: 'get',
  path: '/systems',
  summary: 'Systems: who owns them, when they were last heard, how their flows are',
  request: { query: RangeQuery },
  responses: {
    200: {
      description: 'Declared systems, then services that no system claims',
      content: { 'application/json': { schema: SystemList } },
    },
    ...problemResponses,
  },
});

export function systemRoutes(context: Context) {
  return createRouter().openapi(list, async (c) => {
    const range = parseRange(c.req.valid('query'), context.now());
    const { systems } = await listSystems(context, range);
    return c.json(
      { range: { from: range.from.toISOString(), to: range.to.toISOString() }, items: systems },
      200,
    );
  });
}
