import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { ndjson, ndjsonFile } from '../ndjson.ts';
import { problemResponses } from '../problem.ts';
import { actorOf, createRouter } from '../router.ts';
import { exportLetters } from './export-letters.ts';
import { importLetters } from './import-letters.ts';
import { DeadLetterFilter } from './schemas.ts';
import { Imported, TransferLetter } from './transfer.ts';

const exported = createRoute({
  method: 'get',
  path: '/dead-letters/export',
  summary: 'All dead letters that a filter names, whole and unmasked, one JSON line each',
  description: 'Without a filter: every state, nothing archived. Each export stands in the audit log.',
  request: { query: DeadLetterFilter },
  responses: {
    200: { description: 'Lines, each a DeadLetterTransfer', content: { [ndjson]: { schema: z.string() } } },
    ...problemResponses,
  },
});
const imported = createRoute({
  method: 'post',
  path: '/dead-letters/import',
  summary: 'Take in what an export gave',
  description:
    'At most 5,000 lines and 16 MiB at once. All lines are imported, or none and each wrong line is named. Safe to repeat.',
  request: { body: { content: { [ndjson]: { schema: TransferLetter } }, required: true } },
  responses: {
    200: { description: 'How many are new', content: { 'application/json': { schema: Imported } } },
    ...problemResponses,
  },
});

export function transferRoutes(context: Context) {
  return createRouter()
    .openapi(exported, async (c) => {
      const stream = await exportLetters(context, actorOf(c), c.get('requestId'), c.req.valid('query'));
      return c.body(stream, 200, ndjsonFile('dead-letters.ndjson'));
    })
    .openapi(imported, async (c) =>
      c.json(await importLetters(context, actorOf(c), c.get('requestId'), await c.req.text()), 200),
    );
}
