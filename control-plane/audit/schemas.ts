import { z } from '@hono/zod-openapi';

/** One change, and who made it. Rows are only ever added. */
export const AuditEntry = z
  .object({
    /** Grows with time. */
    id: z.string(),
    at: z.iso.datetime(),
    actorKind: z.enum(['person', 'token', 'system']),
    actorId: z.string(),
    actorName: z.string(),
    /** `aggregate.verb`, as in `tokens.create`. */
    action: z.string(),
    /** Kind and id of what was changed, as in `token:0b6…`. */
    target: z.string(),
    /** What a person calls it: a name, the id of a message, the flow of a replay. Null when there is none. */
    targetName: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()),
    /** Leads to the log lines of the request that made the change; `start` when Plumbline did it while starting. */
    requestId: z.string(),
  })
  .openapi('AuditEntry');
export type AuditEntry = z.infer<typeof AuditEntry>;

export const AuditList = z.object({ items: z.array(AuditEntry), nextCursor: z.string().nullable() });

export const AuditFilter = z.object({
  action: z.string().max(100).optional().openapi({ example: 'tokens.create' }),
  actor: z.string().max(100).optional().openapi({ description: 'Id of a person or a token.' }),
  target: z.string().max(200).optional().openapi({ example: 'person:6f0c…' }),
});
export type AuditFilter = z.infer<typeof AuditFilter>;
