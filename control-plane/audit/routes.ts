import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from '../context.ts';
import { decodeCursor, encodeCursor, PageQuery } from '../paging.ts';
import { problemResponses } from '../problem.ts';
import { createRouter } from '../router.ts';
import { readAudit } from './queries.ts';
import { AuditFilter, AuditList } from './schemas.ts';

/** Id of the last entry of the page before, which PostgreSQL holds as a bigint. */
const Position = z.tuple([z.string().regex(/^\d{1,18}$/)]);

const listAudit = createRoute({
  method: 'get',
  path: '/audit',
  summary: 'Who changed what, newest first',
  request: { query: PageQuery.extend(AuditFilter.shape) },
  responses: {
    200: { description: 'A page of the audit log', content: { 'application/json': { schema: AuditList } } },
    ...problemResponses,
  },
});

export function auditRoutes(context: Context) {
  return createRouter().openapi(listAudit, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query');
    const before = cursor ? decodeCursor(cursor, Position)[0] : null;
    const rows = await readAudit(context.postgres, filter, { before, limit: limit + 1 });
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return c.json({ items, nextCursor: rows.length > limit && last ? encodeCursor([last.id]) : null }, 200);
  });
}
