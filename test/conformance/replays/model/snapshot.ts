import { query, type Postgres } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';

const ReplayRow = z.object({
  id: z.string(),
  state: z.string(),
  revision: z.int(),
  items: z.int(),
  destination: z.string(),
  needsApproval: z.boolean(),
  approvalHash: z.string(),
  approvedHash: z.string().nullable(),
  /** The person behind the request, by the first part of their address. */
  askedBy: z.string(),
  isForced: z.boolean(),
  isLater: z.boolean(),
  patched: z.boolean(),
  force: z.object({ superseded: z.boolean().default(false), quarantined: z.boolean().default(false) }),
  epoch: z.coerce.number(),
  isHeld: z.boolean(),
  manifest: z.array(z.string()),
});
export type ReplayNow = z.output<typeof ReplayRow>;

const ItemRow = z.object({
  replayId: z.string(),
  position: z.int(),
  letterId: z.string(),
  generation: z.int().nullable(),
  state: z.string(),
  messageId: z.string().nullable(),
  sentAt: z.date().nullable(),
  reason: z.string().nullable(),
  traceId: z.string().nullable(),
});
export type ItemNow = z.output<typeof ItemRow>;

const LetterRow = z.object({
  id: z.string(),
  seq: z.coerce.number(),
  messageId: z.string(),
  key: z.string(),
  state: z.string(),
  generation: z.int(),
  replayId: z.string().nullable(),
  failedAt: z.date(),
  hash: z.string(),
  sameCause: z.boolean(),
});
export type LetterNow = z.output<typeof LetterRow>;

const ActRow = z.object({ target: z.string(), action: z.string(), count: z.int() });

/** All that the database says of letters, replays and the ledger, at one instant. */
export interface Snapshot {
  readonly replays: ReadonlyMap<string, ReplayNow>;
  /** By replay and position. */
  readonly items: ReadonlyMap<string, ItemNow>;
  readonly letters: ReadonlyMap<string, LetterNow>;
  /** Entries of the audit log of these replays, by target and action. */
  readonly acts: ReadonlyMap<string, number>;
}

export const placeOf = (replayId: string, position: number) => `${replayId} ${position}`;
export const actOf = (target: string, action: string) => `${target} ${action}`;

/** @param now by the clock of the test */
export async function takeSnapshot(postgres: Postgres, now: Date): Promise<Snapshot> {
  const [replays, items, letters, acts] = await Promise.all([
    readReplays(postgres, now),
    readItems(postgres),
    readLetters(postgres),
    query(postgres, {
      name: 'model.acts',
      sql: `SELECT target, action, count(*)::integer AS count FROM audit_log
            WHERE target IN (SELECT 'replay:' || id FROM replays) GROUP BY 1, 2`,
      params: [],
      schema: ActRow,
    }),
  ]);
  return {
    replays: new Map(replays.map((row) => [row.id, row])),
    items: new Map(items.map((row) => [placeOf(row.replayId, row.position), row])),
    letters: new Map(letters.map((row) => [row.id, row])),
    acts: new Map(acts.map(({ target, action, count }) => [actOf(target, action), count])),
  };
}

function readReplays(postgres: Postgres, now: Date) {
  return query(postgres, {
    name: 'model.replays',
    sql: `SELECT id, state, revision, items, destination, needs_approval AS "needsApproval", encode(approval_hash, 'hex') AS "approvalHash",
            encode(approved_hash, 'hex') AS "approvedHash", 
            (SELECT split_part(email, '@', 1) FROM people p WHERE 'person:' || p.id = r.requested_principal) AS "askedBy",
            force <> '{}' AS "isForced", coalesce(scheduled_for > $1, false) AS "isLater", patch IS NOT NULL AS patched, force, epoch::text AS epoch,
            lease_owner IS NOT NULL AS "isHeld",
            coalesce((SELECT array_agg(l::text || ' ' || encode(h, 'hex') ORDER BY m.chunk, n)
             FROM replay_manifests m, unnest(m.dead_letters, m.payload_hashes) WITH ORDINALITY AS u (l, h, n)
             WHERE m.replay_id = r.id), '{}') AS manifest
          FROM replays r ORDER BY seq`,
    params: [now],
    schema: ReplayRow,
  });
}

function readItems(postgres: Postgres) {
  return query(postgres, {
    name: 'model.items',
    sql: `SELECT replay_id AS "replayId", position, dead_letter_id AS "letterId", generation, state, message_id AS "messageId",
            sent_at AS "sentAt", reason, trace_id AS "traceId" FROM replay_items`,
    params: [],
    schema: ItemRow,
  });
}

function readLetters(postgres: Postgres) {
  return query(postgres, {
    name: 'model.letters',
    sql: `SELECT id, seq::text AS seq, message_id AS "messageId", keys[1] AS key, state, generation, replay_id AS "replayId",
            failed_at AS "failedAt", encode(payload_hash, 'hex') AS hash,
            NOT EXISTS (SELECT 1 FROM dead_letter_attempts a WHERE a.dead_letter_id = d.id AND a.generation > 0
              AND a.error_type <> d.error_type) AS "sameCause"
          FROM dead_letters d ORDER BY seq`,
    params: [],
    schema: LetterRow,
  });
}
