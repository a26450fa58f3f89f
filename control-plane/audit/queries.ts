import { query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { AuditEntry, type AuditFilter } from './schemas.ts';

const AuditRow = AuditEntry.extend({ at: z.date().transform((at) => at.toISOString()) });

/** Id of what an entry is about, where its kind has ids; NULL else, so that no other text is read as one. */
const idOf = (kind: string) =>
  `substring(audit_log.target from '^${kind}:([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$')::uuid`;

/** What a person calls it: looked up by primary key for the rows of a page alone; NULL when it is gone or has no name. */
const nameOfTarget = `
  CASE split_part(audit_log.target, ':', 1)
    WHEN 'person' THEN (SELECT name FROM people WHERE people.id = ${idOf('person')})
    WHEN 'token' THEN (SELECT name FROM tokens WHERE tokens.id = ${idOf('token')})
    WHEN 'replay' THEN (SELECT flow FROM replays WHERE replays.id = ${idOf('replay')})
    WHEN 'dead_letter' THEN (SELECT message_id FROM dead_letters WHERE dead_letters.id = ${idOf('dead_letter')})
  END`;

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
             action, target, ${nameOfTarget} AS "targetName", detail, request_id AS "requestId"
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
