import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from '../../context.ts';
import { Problem, problemResponses } from '../../problem.ts';
import { actorOf, createRouter } from '../../router.ts';
import { cancelBulk } from './cancel-bulk.ts';
import { findBulk, listBulks } from './queries.ts';
import { DeadLetterBulk, DeadLetterBulks } from './schemas.ts';

const json = <Schema extends z.ZodType>(schema: Schema) => ({ content: { 'application/json': { schema } } });
const BulkParam = z.object({ id: z.uuid() });
/** What ended is listed for so long. */
const shownMs = 10 * 60_000;

const list = createRoute({
  method: 'get',
  path: '/dead-letters/bulks',
  summary: 'Bulk changes under way, and those that ended within ten minutes',
  responses: { 200: { description: 'The newest first', ...json(DeadLetterBulks) }, ...problemResponses },
});
const read = createRoute({
  method: 'get',
  path: '/dead-letters/bulks/{id}',
  summary: 'How far a bulk change has come',
  request: { params: BulkParam },
  responses: { 200: { description: 'The bulk change', ...json(DeadLetterBulk) }, ...problemResponses },
});
const cancel = createRoute({
  method: 'post',
  path: '/dead-letters/bulks/{id}/cancel',
  summary: 'Stop a bulk change after the part under way; what was changed stays changed',
  request: { params: BulkParam },
  responses: { 200: { description: 'The bulk change', ...json(DeadLetterBulk) }, ...problemResponses },
});

export function bulkRoutes(context: Context) {
  return createRouter()
    .openapi(list, async (c) => {
      const since = new Date(context.now().getTime() - shownMs);
      return c.json({ items: await listBulks(context.postgres, since) }, 200);
    })
    .openapi(read, async (c) => {
      const bulk = await findBulk(context.postgres, c.req.valid('param').id);
      if (!bulk) throw new Problem('not_found', 'There is no such change: look at the list of changes.');
      return c.json(bulk, 200);
    })
    .openapi(cancel, async (c) =>
      c.json(await cancelBulk(context, actorOf(c), c.get('requestId'), c.req.valid('param').id), 200),
    );
}
