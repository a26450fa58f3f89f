import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createPostgres } from '@plumbline/model/postgres/pool.ts';
import { postgresUrl } from '../../deploy/local/postgres/postgres-process.ts';
import type { Product } from './product.ts';

const mark = 'many-';

/**
 * More letters of a flow than are changed at once, as intake leaves them but without bodies. The oldest is locked, so that a
 * change of all stands still before its first part is done, until `release`; that waits for whoever wants to cancel it.
 */
export async function addManyLetters(product: Product, flow: string, letters: number) {
  const password = (await readFile(path.join(product.dataDir, 'postgres-password'), 'utf8')).trim();
  const home = { host: '127.0.0.1', port: product.postgresPort, password };
  const postgres = createPostgres(postgresUrl(home, 'plumbline'));
  await postgres.query(
    `INSERT INTO dead_letters (id, flow, message_id, state, cause, error_type, error_message, failed_at, arrived_at, payload_hash,
       body_bytes, keys, trace_id, span_id)
     SELECT gen_random_uuid(), $1, $2 || n, 'open', 'Timeout', 'Timeout', '', now(), now(), '', 0, '{}', '', ''
     FROM generate_series(1, $3::int) n`,
    [flow, mark, letters],
  );
  const lock = await postgres.connect();
  await lock.query('BEGIN');
  await lock.query('SET LOCAL idle_in_transaction_session_timeout = 0');
  await lock.query('SELECT 1 FROM dead_letters WHERE flow = $1 ORDER BY seq LIMIT 1 FOR UPDATE', [flow]);
  const waiting = async (statement: string) => {
    const { rows } = await postgres.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $1`,
      [`%${statement}%`],
    );
    return rows[0]?.n ?? 0;
  };
  return {
    /** Whether somebody waits for the part under way in order to cancel. */
    isCancelWaiting: async () => (await waiting("SET state = 'cancelled'")) > 0,
    release: () => lock.query('COMMIT'),
    remove: async () => {
      lock.release();
      await postgres.query('DELETE FROM dead_letters WHERE message_id LIKE $1', [`${mark}%`]);
      await postgres.end();
    },
  };
}
