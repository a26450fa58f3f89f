import { execute, query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import type { Candidate } from './staleness.ts';
import type { Selection } from '../dead-letters/select-letters.ts';

/** Messages in one row of the manifest. */
export const chunkSize = 1000;

const Count = z.object({ reason: z.string(), count: z.int() });
const Frozen = z.object({
  items: z.int(),
  manifestHash: z.instanceof(Buffer).nullable(),
  leftOut: z.array(Count),
  causes: z.array(z.object({ cause: z.string(), count: z.int() })),
  businessKeys: z.int(),
  keySamples: z.array(z.string()),
  values: z.array(z.object({ amount: z.string(), currency: z.string() })),
  oldestAt: z.date().nullable(),
  newestAt: z.date().nullable(),
  bytes: z.coerce.number(),
});
export type Frozen = z.output<typeof Frozen>;

/**
 * Writes the manifest of a replay in one statement and answers what is in it. Later changes of the letters change neither
 * the manifest nor its hash: SHA-256 over id and payload hash of every message, in order of intake.
 */
export async function freezeManifest(
  on: Executor,
  input: {
    readonly replayId: string;
    readonly selection: Selection;
    readonly withQuarantined: boolean;
    /** Snoozed ones too: somebody named them. */ readonly withSnoozed: boolean;
    readonly now: Date;
  },
): Promise<Frozen> {
  const { where, params } = input.selection;
  const [replayId, quarantined, snoozed, now] = [1, 2, 3, 4].map((place) => `$${params.length + place}`);
  // Sorts of a quarter of a million rows stay in memory, for this transaction alone.
  await execute(on, `SET LOCAL work_mem = '96MB'`);
  const [frozen] = await query(on, {
    name: 'replays.freeze',
    sql: `
      WITH found AS MATERIALIZED (
        SELECT d.id, d.seq, d.payload_hash, d.cause COLLATE "C" AS cause, d.keys[1] COLLATE "C" AS key, d.value,
               d.currency, d.failed_at, d.body_bytes,
               CASE
                 WHEN d.state = 'replaying' THEN 'held by another replay'
                 WHEN d.state = 'quarantined' AND NOT ${quarantined}::boolean THEN 'quarantined'
                 WHEN d.state IN ('resolved', 'ignored') THEN d.state
                 WHEN d.snoozed_until > ${now}::timestamptz AND NOT ${snoozed}::boolean THEN 'snoozed'
               END AS left_out
        FROM dead_letters d
        WHERE ${where}
      ), frozen AS MATERIALIZED (
        SELECT *, (row_number() OVER (ORDER BY seq) - 1)::integer AS position FROM found WHERE left_out IS NULL
      ), chunks AS MATERIALIZED (
        SELECT position / ${chunkSize} AS chunk, array_agg(id ORDER BY position) AS ids,
          array_agg(payload_hash ORDER BY position) AS hashes,
          sha256(string_agg(uuid_send(id) || payload_hash, ''::bytea ORDER BY position)) AS hash
        FROM frozen GROUP BY 1
      ), manifest AS (
        INSERT INTO replay_manifests (replay_id, chunk, dead_letters, payload_hashes)
        SELECT ${replayId}::uuid, chunk, ids, hashes FROM chunks
      ), kinds AS MATERIALIZED (
        SELECT cause, currency, count(*) AS count, count(value) AS valued, sum(value) AS amount, min(failed_at) AS oldest,
          max(failed_at) AS newest, sum(body_bytes) AS bytes
        FROM frozen GROUP BY 1, 2
      )
      SELECT
        (SELECT coalesce(sum(count), 0)::integer FROM kinds) AS items,
        (SELECT sha256(string_agg(hash, ''::bytea ORDER BY chunk)) FROM chunks) AS "manifestHash",
        (SELECT coalesce(jsonb_agg(l), '[]') FROM (
          SELECT left_out AS reason, count(*)::integer AS count FROM found WHERE left_out IS NOT NULL GROUP BY 1 ORDER BY 2 DESC
        ) l) AS "leftOut",
        (SELECT coalesce(jsonb_agg(c), '[]') FROM (
          SELECT cause, sum(count)::integer AS count FROM kinds GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 50
        ) c) AS causes,
        (SELECT count(*)::integer FROM (SELECT key FROM frozen WHERE key IS NOT NULL GROUP BY key) k) AS "businessKeys",
        (SELECT coalesce(jsonb_agg(key), '[]') FROM (
          SELECT DISTINCT key FROM (SELECT key FROM frozen WHERE key IS NOT NULL LIMIT 1000) f LIMIT 10
        ) k) AS "keySamples",
        (SELECT coalesce(jsonb_agg(v), '[]') FROM (
          SELECT sum(amount)::text AS amount, currency FROM kinds WHERE valued > 0 AND currency IS NOT NULL
          GROUP BY currency ORDER BY sum(valued) DESC LIMIT 20
        ) v) AS values,
        (SELECT min(oldest) FROM kinds) AS "oldestAt",
        (SELECT max(newest) FROM kinds) AS "newestAt",
        (SELECT coalesce(sum(bytes), 0)::text FROM kinds) AS bytes`,
    params: [...params, input.replayId, input.withQuarantined, input.withSnoozed, input.now],
    schema: Frozen,
  });
  if (!frozen) throw new Error('freezing a manifest answered nothing');
  return frozen;
}

const CandidateRow = z.object({
  id: z.string(),
  seq: z.string(),
  messageId: z.string(),
  key: z.string().nullable(),
  version: z.string().nullable(),
  failedAt: z.date(),
});

/** The first messages of a manifest, for what is examined one by one. */
export function readCandidates(on: Executor, replayId: string, limit: number): Promise<Candidate[]> {
  return query(on, {
    name: 'replays.candidates',
    sql: `
      SELECT d.id, d.seq::text AS seq, d.message_id AS "messageId", d.keys[1] AS key, d.version::text AS version, d.failed_at AS "failedAt"
      FROM (
        SELECT unnest(dead_letters) AS id FROM replay_manifests
        WHERE replay_id = $1 AND chunk < $2 ORDER BY chunk LIMIT $3
      ) m JOIN dead_letters d ON d.id = m.id
      LIMIT $3`,
    params: [replayId, Math.ceil(limit / chunkSize), limit],
    schema: CandidateRow,
  });
}

/** Bodies of the first messages of a manifest, on which an edit is tried. */
export function readBodies(on: Executor, replayId: string, limit: number) {
  return query(on, {
    name: 'replays.bodies',
    sql: `
      SELECT p.dead_letter_id AS id, CASE WHEN p.body_absent THEN NULL ELSE p.body END AS body
      FROM (
        SELECT unnest(dead_letters) AS id FROM replay_manifests WHERE replay_id = $1 AND chunk = 0 LIMIT $2
      ) m JOIN dead_letter_payloads p ON p.dead_letter_id = m.id
      LIMIT $2`,
    params: [replayId, limit],
    schema: z.object({ id: z.string(), body: z.instanceof(Buffer).nullable() }),
  });
}
