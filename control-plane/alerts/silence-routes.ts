import { createRoute, type z } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { problemResponses } from '../problem.ts';
import { actorOf, createRouter } from '../router.ts';
import { readMatching } from './queries.ts';
import {
  NewSilence,
  Silence,
  SilenceList,
  SilenceMatch,
  SilenceParam,
  SilencePreview,
} from './silence-schemas.ts';
import { createSilence, endSilence, listSilences } from './silences.ts';

const json = <Schema extends z.ZodType>(schema: Schema) => ({ content: { 'application/json': { schema } } });
const body = <Schema extends z.ZodType>(schema: Schema) => ({ body: { ...json(schema), required: true } });

const list = createRoute({
  method: 'get',
  path: '/silences',
  summary: 'What is not told for a while, those that end last first',
  responses: { 200: { description: 'Silences', ...json(SilenceList) }, ...problemResponses },
});

const create = createRoute({
  method: 'post',
  path: '/silences',
  summary: 'Hold back what matches, for a time and for a reason',
  request: body(NewSilence),
  responses: { 201: { description: 'The silence', ...json(Silence) }, ...problemResponses },
});

const preview = createRoute({
  method: 'post',
  path: '/silences/preview',
  summary: 'Which of the alerts that fire now a silence would hold back; changes nothing',
  request: body(SilenceMatch),
  responses: {
    200: { description: 'At most a hundred of them', ...json(SilencePreview) },
    ...problemResponses,
  },
});

const end = createRoute({
  method: 'post',
  path: '/silences/{id}/end',
  summary: 'End a silence early: what it held back is told where it still fires',
  request: { params: SilenceParam },
  responses: { 200: { description: 'The silence', ...json(Silence) }, ...problemResponses },
});

export function silenceRoutes(context: Context) {
  const { postgres } = context;
  return createRouter()
    .openapi(list, async (c) => c.json({ items: await listSilences(postgres, context.now()) }, 200))
    .openapi(create, async (c) =>
      c.json(await createSilence(context, actorOf(c), c.get('requestId'), c.req.valid('json')), 201),
    )
    .openapi(preview, async (c) => {
      const alerts = await readMatching(postgres, context.now(), c.req.valid('json'));
      return c.json({ count: alerts.length, alerts }, 200);
    })
    .openapi(end, async (c) =>
      c.json(await endSilence(context, actorOf(c), c.get('requestId'), c.req.valid('param').id), 200),
    );
}
