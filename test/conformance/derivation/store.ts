import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClickHouse, type ClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { migrate } from '@plumbline/model/clickhouse/migrate.ts';
import { startEngines } from '../../../deploy/local/engines.ts';

/** A migrated database of its own on the embedded engine; views are the test's to apply. */
export interface Store {
  readonly clickHouse: ClickHouse;
  readonly url: string;
  /** Kills the engine and waits until its supervisor has it serving again. */
  readonly restart: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function openStore(): Promise<Store> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'plumbline-derivation-'));
  const engines = await startEngines({ dataDir, postgresPort: false });
  const clickHouse = createClickHouse({ url: engines.clickhouseUrl });
  await migrate(clickHouse);
  return {
    clickHouse,
    url: engines.clickhouseUrl,
    restart: async () => {
      const pid = engines.clickhouse?.pid();
      if (pid) process.kill(pid, 'SIGKILL');
      await sleep(500);
      while (!(await clickHouse.ping()).success) await sleep(100);
    },
    close: async () => {
      await clickHouse.close();
      await engines.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export interface SpanRow {
  readonly [column: string]: unknown;
}

/** A span as the collector writes it; what a test does not name is plain. */
export function span(row: SpanRow): SpanRow {
  return {
    Timestamp: '2026-11-01 10:00:00.000000000',
    TraceId: 'trace-1',
    SpanId: 'span-1',
    SpanName: 'work',
    SpanKind: 'Consumer',
    ServiceName: 'wms',
    SpanAttributes: {},
    Duration: 5_000_000,
    StatusCode: 'Unset',
    IngestTime: '2026-11-01 10:00:01.000',
    ...row,
  };
}

export function log(row: SpanRow): SpanRow {
  return {
    Timestamp: '2026-11-01 10:00:00.000000000',
    TraceId: 'trace-1',
    SpanId: 'span-1',
    ServiceName: 'wms',
    LogAttributes: {},
    IngestTime: '2026-11-01 10:00:01.000',
    ...row,
  };
}

/** One insert with the settings that the collector sends; the same token twice is the same insert. */
export async function insert(
  clickHouse: ClickHouse,
  table: 'otel_traces' | 'otel_logs',
  rows: readonly SpanRow[],
  token: string,
): Promise<void> {
  await clickHouse.insert({
    table,
    values: rows,
    format: 'JSONEachRow',
    clickhouse_settings: {
      insert_deduplication_token: token,
      insert_deduplicate: 1,
      deduplicate_blocks_in_dependent_materialized_views: 1,
      async_insert: 0,
      wait_end_of_query: 1,
    },
  });
}

export async function select<Row>(clickHouse: ClickHouse, sql: string): Promise<Row[]> {
  const result = await clickHouse.query({ query: sql, format: 'JSONEachRow' });
  return result.json<Row>();
}

/** Every stored row of every base and derived table, aggregate states finished, in an order of its own. */
export async function contents(clickHouse: ClickHouse): Promise<Record<string, string>> {
  const tables = await select<{ name: string; columns: string[] }>(
    clickHouse,
    `SELECT table AS name, groupArray(if(startsWith(type, 'AggregateFunction'), concat('toString(finalizeAggregation(', c.name, '))'), concat('toString(', c.name, ')'))) AS columns
     FROM system.columns AS c
     WHERE database = currentDatabase() AND table IN (SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree')
       AND table NOT IN ('schema_migrations', 'derivation_applied') AND default_kind NOT IN ('ALIAS', 'EPHEMERAL')
     GROUP BY table ORDER BY table`,
  );
  const found: Record<string, string> = {};
  for (const { name, columns } of tables) {
    const [row] = await select<{ rows: number; sum: string }>(
      clickHouse,
      `SELECT count() AS rows, toString(sum(cityHash64(${columns.join(', ')}))) AS sum FROM ${name}`,
    );
    found[name] = `${row?.rows} rows, hash ${row?.sum}`;
  }
  return found;
}
