import { createRoute } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { problemResponses } from '../problem.ts';
import { parseRange, RangeQuery } from '../range.ts';
import { createRouter } from '../router.ts';
import { listSystems } from '../systems/list-systems.ts';
import { Topology } from './schemas.ts';

const readTopology = createRoute({
  method: 'get',
  path: '/topology',
  summary: 'Systems and the flows between them, with health',
  request: { query: RangeQuery },
  responses: {
    200: {
      description: 'Systems as nodes, flows as edges',
      content: { 'application/json': { schema: Topology } },
    },
    ...problemResponses,
  },
});

export function topologyRoutes(context: Context) {
  return createRouter().openapi(readTopology, async (c) => {
    const range = parseRange(c.req.valid('query'), context.now());
    const { systems, flows } = await listSystems(context, range);
    const nodes = systems.map(({ name, title, exposure, health, incoming, outgoing }) => {
      return { name, title, exposure, health, flows: incoming.length + outgoing.length };
    });
    // An undeclared flow has no ends to draw it between; the list of flows shows it.
    const edges = flows.filter(({ declared }) => declared);
    return c.json(
      { range: { from: range.from.toISOString(), to: range.to.toISOString() }, systems: nodes, flows: edges },
      200,
    );
  });
}
