import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { QueryConfig } from 'pg';
import { z } from 'zod';
import { inTransaction, query, type Executor, type Postgres } from './pool.ts';

const migrationsFolder = new URL('./migrations/', import.meta.url);

/** Any number that nothing else in this database locks. */
const lockKey = 7_104_302_193;
const patienceMs = 24 * 60 * 60_000;

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/**
 * Brings the database to the newest migration, all in one transaction, and answers the numbers it applied. Processes
 * that start together wait for each other; a second run finds nothing to do.
 */
export async function migrate(pool: Postgres, folder: URL = migrationsFolder): Promise<number[]> {
  const migrations = await readMigrations(folder);
  return inTransaction(pool, async (on) => {
    // An index on a grown table, or another process that migrates, may take longer than any request should.
    await on.query('SET LOCAL statement_timeout = 0');
    await on.query(patiently('SELECT pg_advisory_xact_lock($1)', [lockKey]));
    await on.query(
      `CREATE TABLE IF NOT EXISTS schema_migrations
         (number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
    const applied = await readJournal(on);
    refuseChanged(migrations, applied);
    const missing = migrations.filter(({ number }) => !applied.has(number));
    for (const { number, name, sql, checksum } of missing) {
      await on.query(patiently(sql));
      await on.query('INSERT INTO schema_migrations (number, name, checksum) VALUES ($1, $2, $3)', [
        number,
        name,
        checksum,
      ]);
    }
    return missing.map(({ number }) => number);
  });
}

/** Its answer is waited for as long as the driver can. */
function patiently(text: string, values: unknown[] = []): QueryConfig & { query_timeout: number } {
  return { text, values, query_timeout: patienceMs };
}

async function readMigrations(folder: URL): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}-.+\.sql$/.test(name)).sort();
  const migrations = await Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, folder), 'utf8');
      return {
        number: Number(name.slice(0, 4)),
        name,
        sql,
        checksum: createHash('sha256').update(sql).digest('hex'),
      };
    }),
  );
  refuseTwins(migrations);
  return migrations;
}

function refuseTwins(migrations: readonly Migration[]): void {
  for (const [index, { number, name }] of migrations.entries()) {
    const before = migrations[index - 1];
    if (before?.number === number)
      throw new Error(`Two PostgreSQL migrations have one number: ${before.name} and ${name}. Renumber one.`);
  }
}

async function readJournal(on: Executor): Promise<Map<number, string>> {
  const rows = await query(on, {
    name: 'migrations.journal',
    sql: 'SELECT number, checksum FROM schema_migrations ORDER BY number LIMIT 10000',
    params: [],
    schema: z.object({ number: z.int(), checksum: z.string() }),
  });
  return new Map(rows.map(({ number, checksum }) => [number, checksum]));
}

function refuseChanged(migrations: readonly Migration[], applied: ReadonlyMap<number, string>): void {
  for (const { number, name, checksum } of migrations) {
    const known = applied.get(number);
    if (known !== undefined && known !== checksum) {
      throw new Error(
        `PostgreSQL migration ${name} was changed after it had been applied to this database. Add a new migration instead; a development database can be deleted.`,
      );
    }
  }
}
