import pg from 'pg';
import type { RecordState, Step } from '../business/types.ts';
import { tableDefinitions, type TableDefinition } from './table-definitions.ts';

type RecordStep = Extract<Step, { kind: 'record' }>;

/** The tables of the ten systems, one PostgreSQL schema for each. */
export interface Tables {
  /** Keeps a record for the next `store`; of several versions of one record the last one counts. */
  put(step: RecordStep): void;
  /** Writes what was put since the last time. */
  store(): Promise<number>;
  close(): Promise<void>;
}

const database = 'distributor';
const rowsPerStatement = 2000;

/** Creates database, schemas and tables where they are missing. `fresh` empties them first. */
export async function openTables(serverUrl: string, fresh: boolean): Promise<Tables> {
  await createDatabase(serverUrl);
  const pool = new pg.Pool({
    connectionString: databaseUrlOf(serverUrl),
    max: 3,
    application_name: 'plumbline-distributor',
  });
  for (const definition of tableDefinitions) await createTable(pool, definition, fresh);
  const waiting = new Map<TableDefinition, Map<string, RecordStep>>();
  return {
    put(step) {
      const definition = definitionOf(step.record);
      if (!definition) return;
      const rows = waiting.get(definition) ?? new Map<string, RecordStep>();
      waiting.set(definition, rows);
      const earlier = rows.get(step.record.id);
      if (!earlier || earlier.atMs <= step.atMs) rows.set(step.record.id, step);
    },
    async store() {
      let stored = 0;
      const batches = [...waiting];
      waiting.clear();
      for (const [definition, rows] of batches) stored += await upsert(pool, definition, [...rows.values()]);
      return stored;
    },
    close: () => pool.end(),
  };
}

/** The systems' own database on that server. */
export function databaseUrlOf(serverUrl: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

async function createDatabase(serverUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl, connectionTimeoutMillis: 5000 });
  await client.connect();
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${database}`);
  } finally {
    await client.end();
  }
}

async function createTable(pool: pg.Pool, definition: TableDefinition, fresh: boolean): Promise<void> {
  const columns = Object.entries(definition.columns).map(([name, type]) => `"${name}" ${type}`);
  const name = nameOf(definition);
  await pool.query(`CREATE SCHEMA IF NOT EXISTS ${definition.system}`);
  await pool.query(
    `CREATE TABLE IF NOT EXISTS ${name} (${definition.key} text PRIMARY KEY, ${columns.join(', ')},
       version bigint NOT NULL, changed_at timestamptz NOT NULL)`,
  );
  // A table of an earlier run may lack what has been added since.
  for (const column of columns) await pool.query(`ALTER TABLE ${name} ADD COLUMN IF NOT EXISTS ${column}`);
  await pool.query(`CREATE INDEX IF NOT EXISTS ${definition.table}_changed_at ON ${name} (changed_at)`);
  if (fresh) await pool.query(`TRUNCATE ${name}`);
}

/** A field that a record does not carry keeps the value it had; an older version changes nothing. */
async function upsert(
  pool: pg.Pool,
  definition: TableDefinition,
  steps: readonly RecordStep[],
): Promise<number> {
  const columns = Object.entries(definition.columns);
  const typed = columns.map(([name, type]) => `"${name}" ${type}`).join(', ');
  const names = columns.map(([name]) => `"${name}"`).join(', ');
  const kept = columns.map(([name]) => `"${name}" = coalesce(excluded."${name}", t."${name}")`).join(', ');
  const sql = `INSERT INTO ${nameOf(definition)} AS t (${definition.key}, ${names}, version, changed_at)
    SELECT id, ${names}, version, to_timestamp(version / 1000.0)
    FROM jsonb_to_recordset($1::jsonb) AS r (id text, ${typed}, version bigint)
    ON CONFLICT (${definition.key}) DO UPDATE SET ${kept}, version = excluded.version, changed_at = excluded.changed_at
    WHERE t.version <= excluded.version`;
  for (let from = 0; from < steps.length; from += rowsPerStatement) {
    const rows = steps.slice(from, from + rowsPerStatement).map(rowOf);
    await pool.query(sql, [JSON.stringify(rows)]);
  }
  return steps.length;
}

function rowOf(step: RecordStep): Record<string, unknown> {
  return { id: step.record.id, version: Math.floor(step.atMs), ...step.record.fields };
}

function nameOf(definition: TableDefinition): string {
  return `${definition.system}.${definition.table}`;
}

const byRecord = new Map(tableDefinitions.map((one) => [`${one.system} ${one.entity}`, one]));

function definitionOf(record: RecordState): TableDefinition | undefined {
  return byRecord.get(`${record.system} ${record.entity}`);
}
