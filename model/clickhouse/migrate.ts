import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { createClickHouse, explain, query, type ClickHouse } from './client.ts';
import { defaultLayout, onCluster, renderMigration, splitStatements, type StoreLayout } from './dialect.ts';
import { applyRetention } from './retention.ts';

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

const directory = new URL('./migrations/', import.meta.url);

/** Creates the database that the URL names, when it is not there yet. */
export async function createDatabase(url: string, layout: StoreLayout = defaultLayout): Promise<void> {
  const address = new URL(url);
  const database = decodeURIComponent(address.pathname.slice(1));
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(database)) {
    throw new Error(
      'CLICKHOUSE_URL must end with a database name of letters, digits and _, such as /plumbline',
    );
  }
  address.pathname = '/default';
  const clickHouse = createClickHouse({ url: address.href });
  try {
    await run(
      clickHouse,
      'migrate.database',
      `CREATE DATABASE IF NOT EXISTS ${database} ${onCluster(layout)}`,
    );
  } finally {
    await clickHouse.close();
  }
}

/**
 * Brings the database to the newest migration and answers the numbers it applied. Safe to run twice and from several
 * processes at once: each statement of a migration must itself be safe to repeat, because ClickHouse has no transactions.
 */
export async function migrate(
  clickHouse: ClickHouse,
  layout: StoreLayout = defaultLayout,
): Promise<number[]> {
  const migrations = await readMigrations();
  await createJournal(clickHouse, layout);
  const applied = await readJournal(clickHouse);
  const done: number[] = [];
  for (const migration of migrations) {
    const before = applied.get(migration.number);
    if (before === undefined) {
      await apply(clickHouse, migration, layout);
      done.push(migration.number);
    } else if (before !== migration.checksum) {
      throw new Error(
        `Migration ${migration.name} was changed after it had been applied: restore its text and add a new migration instead.`,
      );
    }
  }
  await applyRetention(clickHouse, layout);
  return done;
}

async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(directory)).filter((name) => /^\d{4}-[a-z0-9-]+\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, directory), 'utf8');
      const checksum = createHash('sha256').update(sql).digest('hex');
      return { number: Number(name.slice(0, 4)), name, sql, checksum };
    }),
  );
}

async function createJournal(clickHouse: ClickHouse, layout: StoreLayout): Promise<void> {
  const sql = `CREATE TABLE IF NOT EXISTS schema_migrations {onCluster}
    (Number UInt32, Name String, Checksum String, AppliedAt DateTime64(3) DEFAULT now64(3))
    ENGINE = {engine:MergeTree} ORDER BY Number SETTINGS {plainSettings}`;
  await run(clickHouse, 'migrate.journal', renderMigration(sql, layout));
}

async function readJournal(clickHouse: ClickHouse): Promise<Map<number, string>> {
  const rows = await query(clickHouse, {
    name: 'migrate.applied',
    // Two processes that raced to apply one migration both wrote a row; the texts are equal.
    sql: 'SELECT Number AS number, min(Checksum) AS checksum FROM schema_migrations GROUP BY Number ORDER BY Number LIMIT 10000',
    params: {},
    schema: z.object({ number: z.int(), checksum: z.string() }),
  });
  return new Map(rows.map((row) => [row.number, row.checksum]));
}

async function apply(clickHouse: ClickHouse, migration: Migration, layout: StoreLayout): Promise<void> {
  for (const statement of splitStatements(migration.sql)) {
    await run(clickHouse, `migrate.${migration.name}`, renderMigration(statement, layout));
  }
  await clickHouse.insert({
    table: 'schema_migrations',
    columns: ['Number', 'Name', 'Checksum'],
    values: [{ Number: migration.number, Name: migration.name, Checksum: migration.checksum }],
    format: 'JSONEachRow',
  });
}

async function run(clickHouse: ClickHouse, name: string, sql: string): Promise<void> {
  try {
    await clickHouse.command({ query: sql, clickhouse_settings: { log_comment: name } });
  } catch (error) {
    throw explain(name, error);
  }
}
