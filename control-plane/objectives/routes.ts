import { createRoute, type z } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { problemResponses } from '../problem.ts';
import { createRouter } from '../router.ts';
import { listObjectives, readObjective } from './list-objectives.ts';
import { createHistories } from './read-history.ts';
import { HistoryQuery, ObjectiveHistory, ObjectiveList, ObjectiveParam, ObjectiveView } from './schemas.ts';

const json = <Schema extends z.ZodType>(schema: Schema) => ({ content: { 'application/json': { schema } } });

const list = createRoute({
  method: 'get',
  path: '/objectives',
  summary: 'Objectives of the catalog and how far they are kept',
  responses: { 200: { description: 'By name', ...json(ObjectiveList) }, ...problemResponses },
});

const one = createRoute({
  method: 'get',
  path: '/objectives/{name}',
  summary: 'One objective, with every figure that its alerts are judged by',
  request: { params: ObjectiveParam },
  responses: { 200: { description: 'The objective', ...json(ObjectiveView) }, ...problemResponses },
});

const history = createRoute({
  method: 'get',
  path: '/objectives/{name}/history',
  summary: 'How an objective was kept lately, and what its rules would have told',
  request: { params: ObjectiveParam, query: HistoryQuery },
  responses: { 200: { description: 'History and backtest', ...json(ObjectiveHistory) }, ...problemResponses },
});

export function objectiveRoutes(context: Context) {
  const historyOf = createHistories(context);
  return createRouter()
    .openapi(list, async (c) => c.json({ items: await listObjectives(context) }, 200))
    .openapi(one, async (c) => c.json(await readObjective(context, c.req.valid('param').name), 200))
    .openapi(history, async (c) =>
      c.json(await historyOf(c.req.valid('param').name, c.req.valid('query').days), 200),
    );
}
