import { randomUUID } from 'node:crypto';
import type { Postgres } from '@plumbline/model/postgres/pool.ts';

/** A letter of the flow `orders` that a running replay has sent, and that nothing was heard of since. */
export async function addSentLetter(
  postgres: Postgres,
  messageId: string,
): Promise<{ id: string; messageId: string; replayId: string }> {
  const [id, replayId] = [randomUUID(), randomUUID()];
  await postgres.query(
    `INSERT INTO replays (id, flow, state, reason, filter, items, manifest_hash, connection, destination, per_second, stages,
       halt_ratio, serial, confirm_within_ms, max_generations, preview, approval_hash, needs_approval, requested_by, requested_name,
       requested_principal, requested_at)
     VALUES ($1, 'orders', 'running', 'test', '{}', 1, '', 'broker', 'erp.orders', 1, '{1}', 0.1, true, 1000, 3, '{}', '', false, '', '', '', now())`,
    [replayId],
  );
  await postgres.query(
    `INSERT INTO dead_letters (id, flow, message_id, state, cause, error_type, error_message, failed_at, arrived_at, payload_hash,
       body_bytes, keys, trace_id, span_id, generation, replay_id)
     VALUES ($1, 'orders', $2, 'replaying', 'Timeout', 'Timeout', '', now() - interval '1 day', now(), '\\x00', 2, '{}', '', '', 1, $3)`,
    [id, messageId, replayId],
  );
  await postgres.query(
    `INSERT INTO dead_letter_payloads (dead_letter_id, body, headers, words) VALUES ($1, '{}', '', '')`,
    [id],
  );
  await postgres.query(
    `INSERT INTO replay_items (replay_id, position, dead_letter_id, generation, state, message_id, epoch, claimed_at, sent_at)
     VALUES ($1, 0, $2, 1, 'sent', $3, 1, now(), now())`,
    [replayId, id, messageId],
  );
  return { id, messageId, replayId };
}
