import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findBlocked, findOvertaking } from '@plumbline/control-plane/replays/key-order.ts';
import { migrate } from '@plumbline/model/postgres/migrate.ts';
import { createPostgres, execute, type Executor, type Postgres } from '@plumbline/model/postgres/pool.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startEngines, type Engines } from '../../../deploy/local/engines.ts';

const letters = 20_000;
const asked = 100;
const flow = 'orders';
let dataDir = '';
let engines: Engines;
let postgres: Postgres;
let ids: string[] = [];
const [own, rival] = [randomUUID(), randomUUID()];

/** Letters that came a moment ago: PostgreSQL has looked at none of them yet, and takes the table for nearly empty. */
beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'plumbline-plans-'));
  engines = await startEngines({ dataDir, clickhousePort: false });
  postgres = createPostgres(engines.databaseUrl);
  await migrate(postgres);
  await execute(postgres, 'ALTER TABLE dead_letters SET (autovacuum_enabled = false)');
  for (const id of [own, rival]) {
    await execute(
      postgres,
      `INSERT INTO replays (id, flow, state, reason, filter, items, manifest_hash, connection, destination, per_second, stages,
         halt_ratio, serial, confirm_within_ms, max_generations, preview, approval_hash, needs_approval, requested_by,
         requested_name, requested_principal, requested_at)
       VALUES ($1, '${flow}', 'running', 'test', '{}', 1, '', 'broker', 'erp.orders', 1, '{1}', 0.1, true, 1000, 3, '{}', '',
         false, '', '', '', now())`,
      [id],
    );
  }
  await execute(
    postgres,
    `INSERT INTO dead_letters (id, flow, message_id, state, cause, error_type, error_message, failed_at, arrived_at, payload_hash,
       body_bytes, keys, trace_id, span_id)
     SELECT gen_random_uuid(), '${flow}', 'm-' || n, 'open', 'Timeout', 'Timeout', '', now(), now(), '\\x00', 2,
       ARRAY['order:SO-' || n], '', ''
     FROM generate_series(1, ${letters}) n`,
  );
  const { rows } = await postgres.query<{ id: string }>(
    `SELECT id FROM dead_letters ORDER BY seq LIMIT ${asked}`,
  );
  ids = rows.map(({ id }) => id);
  await execute(
    postgres,
    'INSERT INTO replay_manifests (replay_id, chunk, dead_letters, payload_hashes) VALUES ($1, 0, $2::uuid[], ARRAY[]::bytea[])',
    [own, ids],
  );
});
afterAll(async () => {
  await postgres.end();
  await engines.stop();
  await rm(dataDir, { recursive: true, force: true });
});

interface Node {
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Join Filter'?: number;
  readonly Plans?: readonly Node[];
}

/** Rows that a plan looked at, over all its turns. */
function visited(node: Node): number {
  const each =
    node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Join Filter'] ?? 0);
  const below = (node.Plans ?? []).reduce((sum, one) => sum + visited(one), 0);
  return each * node['Actual Loops'] + below;
}

/** Runs statements as they are, and counts what each looks at. */
function counting(): { on: Executor; rows: number[] } {
  const rows: number[] = [];
  const run = async (sql: string, params: unknown[]) => {
    const { rows: plans } = await postgres.query<{ 'QUERY PLAN': { Plan: Node }[] }>(
      `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
      params,
    );
    rows.push(visited(plans[0]?.['QUERY PLAN'][0]?.Plan ?? never()));
    return postgres.query(sql, params);
  };
  return { on: { query: run } as unknown as Executor, rows };
}

function never(): never {
  throw new Error('There is no plan.');
}

/** A look-up for each letter asked for, with room for a plan that is a little wider; a scan for each would be two million. */
const visitedMax = 20 * asked + letters;

test('what holds back letters by their key is looked up for each, although nothing is known of the table', async () => {
  const { on, rows } = counting();
  expect(await findBlocked(on, { id: own, flow }, ids, new Date())).toEqual(new Map());
  expect(rows).toHaveLength(2);
  expect(Math.max(...rows)).toBeLessThan(visitedMax);
});

test('what a replay would overtake is looked up for each letter as well', async () => {
  const { on, rows } = counting();
  expect(await findOvertaking(on, { id: own, flow }, asked)).toEqual([]);
  expect(Math.max(...rows)).toBeLessThan(visitedMax);
});
