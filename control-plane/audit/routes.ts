import { createRoute, z } from '@hono/zod-openapi';
import { query } from '@plumbline/model/postgres/pool.ts';
import type { Context } from '../context.ts';
import { decodeCursor, encodeCursor, PageQuery } from '../paging.ts';
import { problemResponses } from '../problem.ts';
import { createRouter } from '../router.ts';

const AuditRow = z.object({
  id: z.string(),
  at: z.date().transform((at) => at.toISOString()),
  actorKind: z.string(),
  actorId: z.string(),
  actorName: z.string(),
  action: z.string(),
  target: z.string(),
  detail: z.record(z.string(), z.unknown()),
  requestId: z.string(),
});

const AuditList = z.object({
  items: z.array(AuditRow.extend({ at: z.iso.datetime() })),
  nextCursor: z.string().nullable(),
});

const listAudit = createRoute({
  method: 'get',
  path: '/audit',
  summary: 'Who changed what, newest first',
  request: { query: PageQuery },
  responses: {
    200: { description: 'A page of the audit log', content: { 'application/json': { schema: AuditList } } },
    ...problemResponses,
  },
});

export function auditRoutes(context: Context) {
  return createRouter().openapi(listAudit, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const before = cursor ? decodeCursor(cursor, z.tuple([z.string().regex(/^\d{1,18}$/)]))[0] : null;
    const rows = await query(context.postgres, {
      name: 'audit.list',
      sql: `
        SELECT id::text AS id, at, actor_kind AS "actorKind", actor_id AS "actorId", actor_name AS "actorName",
               action, target, detail, request_id AS "requestId"
        FROM audit_log
        WHERE $1::bigint IS NULL OR id < $1
        ORDER BY id DESC
        LIMIT $2`,
      params: [before, limit + 1],
      schema: AuditRow,
    });
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return c.json({ items, nextCursor: rows.length > limit && last ? encodeCursor([last.id]) : null }, 200);
  });
}
