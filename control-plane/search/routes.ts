import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { problemResponses } from '../problem.ts';
import { createRouter } from '../router.ts';
import { search } from './search.ts';
import { SearchResult } from './schemas.ts';

const find = createRoute({
  method: 'get',
  path: '/search',
  summary: 'Find by any key, id, trace id or name',
  request: { query: z.object({ q: z.string().trim().min(1).max(200) }) },
  responses: {
    200: {
      description: 'At most 20 places to go, best first',
      content: { 'application/json': { schema: SearchResult } },
    },
    ...problemResponses,
  },
});

export function searchRoutes(context: Context) {
  return createRouter().openapi(find, async (c) => {
    const { q } = c.req.valid('query');
    return c.json({ query: q, items: await search(context, q) }, 200);
  });
}
