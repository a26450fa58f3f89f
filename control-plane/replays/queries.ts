import { query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { ReplayCounts, ReplayItemState, ReplayPreview, ReplayState, PatchOperation } from './schemas.ts';

const iso = (at: Date | null): string | null => at?.toISOString() ?? null;
const instant = z.date().transform((at) => at.toISOString());
const maybeInstant = z.date().nullable().transform(iso);

/** What the ledger says of replay `r`, counted anew. */
export const countedLedger = `(
  SELECT jsonb_build_object(
    'touched', count(*),
    'confirmed', count(*) FILTER (WHERE i.state = 'confirmed'),
    'refailed', count(*) FILTER (WHERE i.state = 'refailed'),
    'skipped', count(*) FILTER (WHERE i.state = 'skipped'),
    'unknown', count(*) FILTER (WHERE i.state = 'unknown'),
    'cancelled', count(*) FILTER (WHERE i.state = 'cancelled'),
    'sent', count(*) FILTER (WHERE i.state = 'sent'),
    'under_way', count(*) FILTER (WHERE i.state IN ('sending', 'sent')))
  FROM replay_items i WHERE i.replay_id = r.id)`;

/**
 * What became of the messages of replay `r`. It adds up by construction: whatever has no row in the ledger is pending,
 * or cancelled once nobody will send it. Counts that were kept (keep-counts.ts) are those of the ledger as it is.
 */
const counts = `(
  SELECT jsonb_build_object(
    'items', r.items, 'confirmed', confirmed, 'refailed', refailed, 'skipped', skipped, 'unknown', unknown,
    'cancelled', cancelled + CASE WHEN r.state IN ('cancelled', 'rejected') THEN r.items - touched ELSE 0 END,
    'pending', under_way + CASE WHEN r.state IN ('cancelled', 'rejected') THEN 0 ELSE r.items - touched END,
    'awaitingConfirmation', sent)
  FROM jsonb_to_record(coalesce(r.counts, ${countedLedger})) AS c (touched integer, confirmed integer, refailed integer,
    skipped integer, unknown integer, cancelled integer, sent integer, under_way integer))`;

const summaryColumns = `
  r.id, r.seq::text AS seq, r.flow, r.state, r.reason, r.destination, r.patch IS NOT NULL AS edited, ${counts} AS counts,
  r.requested_by AS "requestedBy", r.requested_name AS "requestedName", r.requested_at AS "requestedAt",
  r.decided_by AS "decidedBy", r.decided_name AS "decidedName", r.decided_at AS "decidedAt",
  r.needs_approval AS "needsApproval", r.scheduled_for AS "scheduledFor", r.started_at AS "startedAt",
  r.finished_at AS "finishedAt", r.halted_why AS "haltedWhy", r.revision`;

const SummaryRow = z.object({
  id: z.string(),
  seq: z.string(),
  flow: z.string(),
  state: ReplayState,
  reason: z.string(),
  destination: z.string(),
  edited: z.boolean(),
  counts: ReplayCounts,
  requestedBy: z.string(),
  requestedName: z.string(),
  requestedAt: instant,
  decidedBy: z.string().nullable(),
  decidedName: z.string().nullable(),
  decidedAt: maybeInstant,
  needsApproval: z.boolean(),
  scheduledFor: maybeInstant,
  startedAt: maybeInstant,
  finishedAt: maybeInstant,
  haltedWhy: z.string().nullable(),
  revision: z.int(),
});
export type SummaryRow = z.output<typeof SummaryRow>;

const hex = z.instanceof(Buffer).transform((bytes) => bytes.toString('hex'));
const DetailRow = SummaryRow.extend({
  filter: z.record(z.string(), z.unknown()),
  manifestHash: hex,
  approvalHash: hex,
  approvedHash: hex.nullable(),
  connection: z.string(),
  patch: z.array(PatchOperation).nullable(),
  perSecond: z.number(),
  stages: z.array(z.int()),
  stage: z.int(),
  haltRatio: z.number(),
  serial: z.boolean(),
  force: z.object({
    superseded: z.boolean().default(false),
    quarantined: z.boolean().default(false),
    reason: z.string().default(''),
  }),
  confirmWithinMs: z.coerce.number(),
  preview: ReplayPreview,
  requestedPrincipal: z.string(),
});
export type DetailRow = z.output<typeof DetailRow>;

/** Replays newest first, at most `limit`, those before `before` alone. */
export function listReplays(
  on: Executor,
  filter: { flow?: string | undefined; state?: readonly string[] | undefined },
  page: { before: string | null; limit: number },
): Promise<SummaryRow[]> {
  return query(on, {
    name: 'replays.list',
    sql: `
      SELECT ${summaryColumns}
      FROM replays r
      WHERE ($1::bigint IS NULL OR r.seq < $1) AND ($2::text IS NULL OR r.flow = $2)
        AND CASE WHEN $3::text[] IS NULL THEN r.state <> 'previewed' ELSE r.state = ANY ($3) END
      ORDER BY r.seq DESC
      LIMIT $4`,
    params: [page.before, filter.flow ?? null, filter.state ?? null, page.limit],
    schema: SummaryRow,
  });
}

export async function findReplay(on: Executor, id: string): Promise<DetailRow | undefined> {
  const [row] = await query(on, {
    name: 'replays.find',
    sql: `
      SELECT ${summaryColumns}, r.filter, r.manifest_hash AS "manifestHash", r.approval_hash AS "approvalHash",
        r.approved_hash AS "approvedHash", r.connection, r.patch,
        r.per_second AS "perSecond", r.stages, r.stage, r.halt_ratio AS "haltRatio", r.serial, r.force,
        r.confirm_within_ms::text AS "confirmWithinMs", r.preview, r.requested_principal AS "requestedPrincipal"
      FROM replays r WHERE r.id = $1 LIMIT 1`,
    params: [id],
    schema: DetailRow,
  });
  return row;
}

/** Sends of each of the last sixty seconds before `now`, oldest first. */
export async function readPace(on: Executor, id: string, now: Date): Promise<number[]> {
  const rows = await query(on, {
    name: 'replays.pace',
    sql: `
      SELECT floor(extract(epoch FROM $2::timestamptz - sent_at))::integer AS ago, count(*)::integer AS sends
      FROM replay_items
      WHERE replay_id = $1 AND sent_at > $2::timestamptz - interval '60 seconds' AND sent_at <= $2
      GROUP BY 1 LIMIT 61`,
    params: [id, now],
    schema: z.object({ ago: z.int(), sends: z.int() }),
  });
  const pace = Array.from({ length: 60 }, () => 0);
  for (const { ago, sends } of rows) if (ago < 60) pace[59 - ago] = sends;
  return pace;
}

const ItemRow = z.object({
  position: z.int(),
  deadLetterId: z.string(),
  messageId: z.string(),
  key: z.string().nullable(),
  state: ReplayItemState,
  generation: z.int().nullable(),
  sentAt: maybeInstant,
  settledAt: maybeInstant,
  proof: z.string().nullable(),
  reason: z.string().nullable(),
  traceId: z.string().nullable(),
  spanId: z.string().nullable(),
});
export type ItemRow = z.output<typeof ItemRow>;

/** Messages of a replay by place in the manifest, from `from` on; those without a row in the ledger are pending. */
export function listItems(
  on: Executor,
  id: string,
  page: { from: number; limit: number; state: string | null },
): Promise<ItemRow[]> {
  return query(on, {
    name: 'replays.items',
    sql: `
      SELECT m.position, m.dead_letter_id AS "deadLetterId", coalesce(i.message_id, d.message_id, '') AS "messageId",
        d.keys[1] AS key, m.state, i.generation, i.sent_at AS "sentAt", i.settled_at AS "settledAt", i.proof, i.reason,
        i.trace_id AS "traceId", i.span_id AS "spanId"
      FROM (
        SELECT (c.chunk * 1000 + u.n - 1)::integer AS position, u.dead_letter_id,
          coalesce(i.state, CASE WHEN r.state IN ('cancelled', 'rejected') THEN 'cancelled' ELSE 'pending' END) AS state
        FROM replays r JOIN replay_manifests c ON c.replay_id = r.id
          CROSS JOIN LATERAL unnest(c.dead_letters) WITH ORDINALITY AS u (dead_letter_id, n)
          LEFT JOIN replay_items i ON i.replay_id = r.id AND i.position = c.chunk * 1000 + u.n - 1
        WHERE r.id = $1 AND c.chunk >= $2 / 1000 AND c.chunk * 1000 + u.n - 1 >= $2
          AND ($3::text IS NULL OR coalesce(i.state, CASE WHEN r.state IN ('cancelled', 'rejected') THEN 'cancelled' ELSE 'pending' END) = $3)
        ORDER BY 1 LIMIT $4
      ) m
      LEFT JOIN replay_items i ON i.replay_id = $1 AND i.position = m.position
      LEFT JOIN dead_letters d ON d.id = m.dead_letter_id
      ORDER BY m.position LIMIT $4`,
    params: [id, page.from, page.state, page.limit],
    schema: ItemRow,
  });
}
