import { query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { CertifiedItem } from './schemas.ts';
import { chunkSize } from '../freeze.ts';

const maybeInstant = z
  .date()
  .nullable()
  .transform((at) => at?.toISOString() ?? null);
const Hash = z.object({ hash: z.string() });

/** SHA-256 of each chunk of a manifest, in order; the hash of the manifest is over these. */
export async function readChunkHashes(on: Executor, id: string): Promise<string[]> {
  const rows = await query(on, {
    name: 'replays.certificate_chunks',
    sql: `
      SELECT encode(sha256(string_agg(uuid_send(u.id) || u.hash, ''::bytea ORDER BY u.n)), 'hex') AS hash
      FROM replay_manifests m
        CROSS JOIN LATERAL unnest(m.dead_letters, m.payload_hashes) WITH ORDINALITY AS u (id, hash, n)
      WHERE m.replay_id = $1 GROUP BY m.chunk ORDER BY m.chunk LIMIT 1000`,
    params: [id],
    schema: Hash,
  });
  return rows.map(({ hash }) => hash);
}

/**
 * SHA-256 over the ledger: for each row in order of position one line with position, letter, generation, state, message id, proof,
 * trace and span, tabs between them, nothing where there is nothing, and a line feed at its end.
 */
export async function readLedger(on: Executor, id: string): Promise<{ sha256: string; rows: number }> {
  const [row] = await query(on, {
    name: 'replays.certificate_ledger',
    sql: `
      SELECT encode(sha256(coalesce(string_agg(convert_to(concat_ws(E'\\t', position, dead_letter_id, coalesce(generation::text, ''), state,
          coalesce(message_id, ''), coalesce(proof, ''), coalesce(trace_id, ''), coalesce(span_id, '')) || E'\\n', 'UTF8'),
          ''::bytea ORDER BY position), ''::bytea)), 'hex') AS sha256, count(*)::integer AS rows
      FROM replay_items WHERE replay_id = $1`,
    params: [id],
    schema: z.object({ sha256: z.string(), rows: z.int() }),
  });
  if (!row) throw new Error('an aggregate answered nothing');
  return row;
}

/** When the first message was sent, and when the last outcome was known. */
export async function readSpan(on: Executor, id: string) {
  const [row] = await query(on, {
    name: 'replays.certificate_span',
    sql: `SELECT min(sent_at) AS "firstSentAt", max(settled_at) AS "lastSettledAt" FROM replay_items WHERE replay_id = $1`,
    params: [id],
    schema: z.object({ firstSentAt: maybeInstant, lastSettledAt: maybeInstant }),
  });
  return row ?? { firstSentAt: null, lastSettledAt: null };
}

const ActRow = z.object({
  id: z.string(),
  at: z.date().transform((at) => at.toISOString()),
  action: z.string(),
  actorKind: z.string(),
  actorName: z.string(),
});

/** What the audit log says of a replay, oldest first, at most a thousand entries. */
export function readActs(on: Executor, id: string) {
  return query(on, {
    name: 'replays.certificate_audit',
    sql: `SELECT id::text AS id, at, action, actor_kind AS "actorKind", actor_name AS "actorName"
          FROM audit_log WHERE target = $1 ORDER BY audit_log.id LIMIT 1000`,
    params: [`replay:${id}`],
    schema: ActRow,
  });
}

const ItemRow = CertifiedItem.extend({ sentAt: maybeInstant, settledAt: maybeInstant });

/** Messages in the order of the manifest, from a place on: all, or those alone that are not confirmed. */
export function readCertified(
  on: Executor,
  id: string,
  page: { readonly onlyOpen: boolean; readonly from: number; readonly limit: number },
): Promise<CertifiedItem[]> {
  return query(on, {
    name: 'replays.certificate_items',
    sql: `
      SELECT * FROM (
        SELECT (m.chunk * ${chunkSize} + u.n - 1)::integer AS position, u.id AS "deadLetterId", encode(u.hash, 'hex') AS "payloadSha256",
          coalesce(i.state, CASE WHEN r.state IN ('cancelled', 'rejected') THEN 'cancelled' ELSE 'pending' END) AS state,
          i.generation, i.message_id AS "messageId", i.sent_at AS "sentAt", i.settled_at AS "settledAt", i.proof, i.reason,
          i.trace_id AS "traceId", i.span_id AS "spanId"
        FROM replays r JOIN replay_manifests m ON m.replay_id = r.id
          CROSS JOIN LATERAL unnest(m.dead_letters, m.payload_hashes) WITH ORDINALITY AS u (id, hash, n)
          LEFT JOIN replay_items i ON i.replay_id = r.id AND i.position = m.chunk * ${chunkSize} + u.n - 1
        WHERE r.id = $1 AND m.chunk >= $4::integer / ${chunkSize}
      ) c
      WHERE c.position >= $4 AND (NOT $2 OR c.state <> 'confirmed')
      ORDER BY c.position LIMIT $3`,
    params: [id, page.onlyOpen, page.limit, page.from],
    schema: ItemRow,
  });
}
