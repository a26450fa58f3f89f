import { createRoute, type z } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { problemResponses } from '../problem.ts';
import { parseRange, RangeQuery, type TimeRange } from '../range.ts';
import { createRouter } from '../router.ts';
import { listProbes, readProbe } from './list-probes.ts';
import { ProbeDetail, ProbeList, ProbeParam } from './schemas.ts';

const json = <Schema extends z.ZodType>(schema: Schema) => ({ content: { 'application/json': { schema } } });
const inWords = ({ from, to }: TimeRange) => ({ from: from.toISOString(), to: to.toISOString() });

const list = createRoute({
  method: 'get',
  path: '/probes',
  summary: 'Probes of the catalog and what they found',
  request: { query: RangeQuery },
  responses: { 200: { description: 'By name', ...json(ProbeList) }, ...problemResponses },
});

const one = createRoute({
  method: 'get',
  path: '/probes/{name}',
  summary: 'One probe and its runs, the newest first',
  request: { params: ProbeParam, query: RangeQuery },
  responses: { 200: { description: 'The probe', ...json(ProbeDetail) }, ...problemResponses },
});

export function probeRoutes(context: Context) {
  return createRouter()
    .openapi(list, async (c) => {
      const range = parseRange(c.req.valid('query'), context.now());
      return c.json({ range: inWords(range), items: await listProbes(context, range) }, 200);
    })
    .openapi(one, async (c) => {
      const range = parseRange(c.req.valid('query'), context.now());
      const found = await readProbe(context, c.req.valid('param').name, range);
      return c.json({ range: inWords(range), ...found }, 200);
    });
}
