import { query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { AuditEntry, type AuditFilter } from './schemas.ts';

const AuditRow = AuditEntry.extend({ at: z.date().transform((at) => at.toISOString()) });

/** Entries older than `before`, newest first; served by the primary key or by the index of the filter. */
export function readAudit(
  on: Executor,
  filter: AuditFilter,
  page: { before: string | null; limit: number },
): Promise<AuditEntry[]> {
  return query(on, {
    name: 'audit.list',
    sql: `
      SELECT id::text AS id, at, actor_kind AS "actorKind", actor_id AS "actorId", actor_name AS "actorName",
             action, target, detail, request_id AS "requestId"
      FROM audit_log
      WHERE ($1::bigint IS NULL OR id < $1)
        AND ($2::text IS NULL OR action = $2)
        AND ($3::text IS NULL OR actor_id = $3)
        AND ($4::text IS NULL OR target = $4)
      ORDER BY audit_log.id DESC
      LIMIT $5`,
    params: [page.before, filter.action ?? null, filter.actor ?? null, filter.target ?? null, page.limit],
    schema: AuditRow,
  });
}
