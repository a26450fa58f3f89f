import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { migrate } from '@plumbline/model/postgres/migrate.ts';
import { createPostgres, inTransaction, query, type Postgres } from '@plumbline/model/postgres/pool.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { startEngines, type Engines } from '../../../deploy/local/engines.ts';

const migrations = new URL('../../../model/postgres/migrations/', import.meta.url);
let dataDir = '';
let engines: Engines;
let postgres: Postgres;

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'plumbline-postgres-'));
  engines = await startEngines({ dataDir, clickhousePort: false });
  postgres = createPostgres(engines.databaseUrl, { statementMsMax: 500 });
});
afterAll(async () => {
  await postgres.end();
  await engines.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** The migrations in a folder of their own, which a test may change. */
async function copyMigrations(): Promise<{ folder: URL; file: (name: string) => string }> {
  const directory = await mkdtemp(path.join(dataDir, 'migrations-'));
  await cp(migrations, directory, { recursive: true });
  return { folder: pathToFileURL(`${directory}/`), file: (name) => path.join(directory, name) };
}

test('processes that start together migrate once', async () => {
  const applied = await Promise.all(Array.from({ length: 4 }, () => migrate(postgres)));
  expect(applied.filter((numbers) => numbers.length > 0)).toHaveLength(1);
  expect(await migrate(postgres)).toEqual([]);
});

test('a migration that was changed after it was applied is refused by name', async () => {
  const { folder, file } = await copyMigrations();
  await writeFile(file('0001-access.sql'), `${await readFile(file('0001-access.sql'), 'utf8')}\n-- changed`);
  await expect(migrate(postgres, folder)).rejects.toThrow('0001-access.sql was changed');
});

test('a migration that fails leaves nothing behind, not even those before it', async () => {
  const { folder, file } = await copyMigrations();
  await writeFile(file('9001-good.sql'), 'CREATE TABLE half_done (id int)');
  await writeFile(file('9002-bad.sql'), 'CREATE TABLE other (id nonsense)');
  await expect(migrate(postgres, folder)).rejects.toThrow('nonsense');
  const { rows } = await postgres.query(`SELECT to_regclass('half_done') AS found`);
  expect(rows).toEqual([{ found: null }]);
});

test('two migrations with one number are refused by name', async () => {
  const { folder, file } = await copyMigrations();
  await writeFile(file('9001-one.sql'), 'SELECT 1');
  await writeFile(file('9001-two.sql'), 'SELECT 1');
  await expect(migrate(postgres, folder)).rejects.toThrow('9001-one.sql and 9001-two.sql');
});

test('a migration may take longer than a request', async () => {
  const { folder, file } = await copyMigrations();
  await writeFile(file('9001-slow.sql'), 'SELECT pg_sleep(1)');
  expect(await migrate(postgres, folder)).toEqual([9001]);
  await expect(postgres.query('SELECT pg_sleep(1)')).rejects.toMatchObject({ code: '57014' });
});

test('rows of another shape are an error that names the statement', async () => {
  const statement = {
    name: 'test.shape',
    sql: `SELECT 'x' AS n`,
    params: [],
    schema: z.object({ n: z.int() }),
  };
  await expect(query(postgres, statement)).rejects.toThrow(
    'Statement test.shape returned rows of another shape',
  );
});

test('a transaction that throws takes nothing with it, and its connection serves the next', async () => {
  await postgres.query('CREATE TABLE numbers (n int)');
  for (let count = 0; count < 30; count += 1) {
    await expect(
      inTransaction(postgres, async (on) => {
        await on.query('INSERT INTO numbers VALUES (1)');
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
  }
  expect((await postgres.query('SELECT n FROM numbers')).rows).toEqual([]);
  expect(postgres.waitingCount).toBe(0);
});

test('a connection that dies inside a transaction is not given to anybody else', async () => {
  await expect(
    inTransaction(postgres, async (on) => {
      const { rows } = await on.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await postgres.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
      await on.query('SELECT 1');
    }),
  ).rejects.toThrow();
  for (let count = 0; count < 12; count += 1)
    expect((await postgres.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});

/** A network before PostgreSQL that can swallow what PostgreSQL says, and tells nobody. */
async function openNetwork() {
  const { hostname, port } = new URL(engines.databaseUrl);
  const sockets: Socket[] = [];
  let isSilent = false;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    sockets.push(client, upstream);
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
    client.on('data', (bytes) => upstream.write(bytes));
    client.on('close', () => upstream.destroy());
    upstream.on('data', (bytes) => isSilent || client.write(bytes));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = new URL(engines.databaseUrl);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    silence: (yes: boolean) => (isSilent = yes),
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

test('an answer that never comes is waited for a while only, and its connection is given up', async () => {
  const network = await openNetwork();
  const pool = createPostgres(network.url, { statementMsMax: 500, connectionsMax: 2 });
  try {
    await inTransaction(pool, (on) => Promise.all([on.query('SELECT 1'), pool.query('SELECT 1')]));
    network.silence(true);
    const began = performance.now();
    const asked = [
      pool.query('SELECT 1'),
      inTransaction(pool, async (on) => void (await on.query('SELECT 1'))),
    ];
    for (const { status } of await Promise.allSettled(asked)) expect(status).toBe('rejected');
    expect(performance.now() - began).toBeLessThan(9000);
    network.silence(false);
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  } finally {
    network.close();
    await pool.end();
  }
}, 20_000);
