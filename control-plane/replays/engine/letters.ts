import { query, type Executor } from '@plumbline/model/postgres/pool.ts';
import { z } from 'zod';
import { chunkSize } from '../freeze.ts';
import type { Waiting } from './queue.ts';

const WaitingRow = z.object({
  position: z.int(),
  id: z.string(),
  hash: z.string(),
  key: z.string().nullable(),
});

/** What one chunk of the manifest still holds to do: messages without a row in the ledger, in order. */
export function readChunk(on: Executor, replayId: string, chunk: number): Promise<Waiting[]> {
  return query(on, {
    name: 'replays.chunk',
    sql: `
      SELECT (m.chunk * ${chunkSize} + u.n - 1)::integer AS position, u.id, encode(u.hash, 'hex') AS hash, d.keys[1] AS key
      FROM replay_manifests m
        CROSS JOIN LATERAL unnest(m.dead_letters, m.payload_hashes) WITH ORDINALITY AS u (id, hash, n)
        LEFT JOIN dead_letters d ON d.id = u.id
      WHERE m.replay_id = $1 AND m.chunk = $2
        AND NOT EXISTS (SELECT 1 FROM replay_items i WHERE i.replay_id = $1 AND i.position = m.chunk * ${chunkSize} + u.n - 1)
      ORDER BY 1 LIMIT ${chunkSize}`,
    params: [replayId, chunk],
    schema: WaitingRow,
  });
}

const LetterRow = z.object({
  id: z.string(),
  seq: z.string(),
  messageId: z.string(),
  state: z.string(),
  hash: z.string(),
  key: z.string().nullable(),
  version: z.string().nullable(),
  failedAt: z.date(),
  generation: z.int(),
  replayId: z.string().nullable(),
  /** The last generations all died of the cause it has now. */
  sameCause: z.boolean(),
});
export type Letter = z.output<typeof LetterRow>;

/** Letters as they are now. `lock`: nobody changes them until the transaction ends; in order of id, against deadlocks. */
export function readLetters(
  on: Executor,
  ids: readonly string[],
  options: { readonly lock: boolean },
): Promise<Letter[]> {
  return query(on, {
    name: 'replays.letters',
    sql: `
      SELECT d.id, d.seq::text AS seq, d.message_id AS "messageId", d.state, encode(d.payload_hash, 'hex') AS hash,
        d.keys[1] AS key, d.version::text AS version, d.failed_at AS "failedAt", d.generation, d.replay_id AS "replayId",
        NOT EXISTS (
          SELECT 1 FROM dead_letter_attempts a
          WHERE a.dead_letter_id = d.id AND a.generation > 0 AND a.error_type <> d.error_type
        ) AS "sameCause"
      FROM dead_letters d WHERE d.id = ANY ($1::uuid[])
      ORDER BY d.id ${options.lock ? 'FOR NO KEY UPDATE OF d' : ''}`,
    params: [ids],
    schema: LetterRow,
  });
}

const PayloadRow = z.object({
  id: z.string(),
  body: z.instanceof(Buffer).nullable(),
  headers: z.instanceof(Buffer),
  key: z.instanceof(Buffer).nullable(),
  partition: z.int().nullable(),
  contentType: z.string().nullable(),
});
export type StoredPayload = z.output<typeof PayloadRow>;

/** The true bytes of letters, never a masked view of them. */
export function readPayloads(on: Executor, ids: readonly string[]): Promise<StoredPayload[]> {
  return query(on, {
    name: 'replays.payloads',
    sql: `
      SELECT dead_letter_id AS id, CASE WHEN body_absent THEN NULL ELSE body END AS body, headers, key, partition,
        content_type AS "contentType"
      FROM dead_letter_payloads WHERE dead_letter_id = ANY ($1::uuid[]) LIMIT ${chunkSize}`,
    params: [ids],
    schema: PayloadRow,
  });
}
