import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { startEngines, type Engines } from '@plumbline/deploy/local/engines.ts';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

let dataDir = '';
let engines: Engines | undefined;
const notes: string[] = [];
const events = {
  note: (name: string, sentence: string) => void notes.push(`${name} ${sentence}`),
  error: () => undefined,
};

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'plumbline-chaos-'));
  notes.length = 0;
});

afterEach(async () => {
  await engines?.stop();
  engines = undefined;
  await rm(dataDir, { recursive: true, force: true });
});

const isAlive = async (pid: number): Promise<boolean> => {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return status !== '' && !/^\d+ \(.*\) Z/s.test(status);
};

const postmasterPid = async (): Promise<number> =>
  Number((await readFile(path.join(dataDir, 'postgres/postmaster.pid'), 'utf8')).split('\n')[0]);

/** Repeats a write until it is acknowledged, as every client of the product does. */
const untilAcknowledged = async (write: () => Promise<unknown>): Promise<void> => {
  const deadline = performance.now() + 30_000;
  for (;;) {
    try {
      await write();
      return;
    } catch (thrown) {
      if (performance.now() > deadline) throw thrown;
      await sleep(50);
    }
  }
};

describe('ClickHouse, started again', () => {
  it('reads a view again that is longer than any query of a client: a catalog of ten thousand flows makes one', async () => {
    engines = await startEngines({ dataDir, postgresPort: false, events });
    const client = createClient({ url: engines.clickhouseUrl });
    await client.command({ query: 'CREATE TABLE names (name String) ENGINE = MergeTree ORDER BY name' });
    const names = Array.from({ length: 12_000 }, (_, index) => `'a-name-of-a-flow-${index}'`).join(', ');
    const query = `CREATE MATERIALIZED VIEW long TO names AS SELECT name FROM names WHERE name IN (${names})`;
    expect(query.length).toBeGreaterThan(262_144);
    await client.command({ query, clickhouse_settings: { max_query_size: '16777216' } });
    await client.close();
    await engines.stop();
    engines = await startEngines({ dataDir, postgresPort: false, events });
    const again = createClient({ url: engines.clickhouseUrl });
    const found = await again.query({
      query: "SELECT name FROM system.tables WHERE name = 'long'",
      format: 'JSONEachRow',
    });
    expect(await found.json()).toEqual([{ name: 'long' }]);
    await again.close();
  });
});

describe.runIf(process.platform === 'linux')('ClickHouse, killed under load', () => {
  it('keeps every acknowledged batch exactly once, and is restarted with a reason', async () => {
    engines = await startEngines({ dataDir, postgresPort: false, events });
    const client = createClient({
      url: engines.clickhouseUrl,
      request_timeout: 5_000,
      log: { level: ClickHouseLogLevel.OFF },
    });
    await client.command({
      query:
        'CREATE TABLE acked (batch UInt32, n UInt32) ENGINE = MergeTree ORDER BY batch SETTINGS non_replicated_deduplication_window = 10000',
    });
    await client.command({
      query:
        'CREATE TABLE counted (batch UInt32, rows UInt64) ENGINE = SummingMergeTree ORDER BY batch SETTINGS non_replicated_deduplication_window = 10000',
    });
    await client.command({
      query:
        'CREATE MATERIALIZED VIEW to_counted TO counted AS SELECT batch, count() AS rows FROM acked GROUP BY batch',
    });
    // As the derivation does: a view that was never altered is another one to deduplication after a restart.
    await client.command({ query: "ALTER TABLE to_counted MODIFY COMMENT 'settled'" });
    const acknowledged: number[] = [];
    let next = 0;
    let isOver = false;
    const writer = async (): Promise<void> => {
      while (!isOver) {
        const batch = next++;
        const values = Array.from({ length: 200 }, (_, n) => ({ batch, n }));
        await untilAcknowledged(() =>
          client.insert({
            table: 'acked',
            values,
            format: 'JSONEachRow',
            clickhouse_settings: {
              insert_deduplication_token: `batch-${batch}`,
              insert_deduplicate: 1,
              deduplicate_blocks_in_dependent_materialized_views: 1,
            },
          }),
        );
        acknowledged.push(batch);
      }
    };
    const writers = Promise.all(Array.from({ length: 4 }, writer));
    for (let kill = 1; kill <= 4; kill++) {
      await sleep(700 + kill * 150);
      const pid = engines.pids().clickhouse;
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
      await expect.poll(() => engines?.clickhouse?.restarts(), { timeout: 15_000 }).toBe(kill);
      await expect.poll(async () => (await client.ping()).success, { timeout: 20_000 }).toBe(true);
    }
    isOver = true;
    await writers;
    const result = await client.query({
      query:
        'SELECT batch, count() AS rows, uniqExact(n) AS distinct FROM acked GROUP BY batch ORDER BY batch',
      format: 'JSONEachRow',
    });
    const stored = await result.json<{ batch: number; rows: number; distinct: number }>();
    expect(acknowledged.length).toBeGreaterThan(20);
    expect(stored.map((one) => one.batch)).toEqual(acknowledged.toSorted((left, right) => left - right));
    expect(stored.filter((one) => one.rows !== 200 || one.distinct !== 200)).toEqual([]);
    const views = await client.query({
      query: 'SELECT batch, sum(rows) AS rows FROM counted GROUP BY batch HAVING rows != 200',
      format: 'JSONEachRow',
    });
    expect(await views.json()).toEqual([]);
    expect(notes.filter((note) => note.includes('signal SIGKILL'))).toHaveLength(4);
    await client.close();
  }, 60_000);
});

describe.runIf(process.platform === 'linux')('PostgreSQL, killed under load', () => {
  it('keeps every committed row', async () => {
    engines = await startEngines({ dataDir, clickhousePort: false, events });
    const pool = new pg.Pool({
      connectionString: engines.databaseUrl,
      max: 4,
      connectionTimeoutMillis: 3_000,
    });
    pool.on('error', () => undefined);
    await pool.query('CREATE TABLE acked (n integer PRIMARY KEY)');
    const acknowledged: number[] = [];
    let next = 0;
    let isOver = false;
    const writer = async (): Promise<void> => {
      while (!isOver) {
        const n = next++;
        await untilAcknowledged(() =>
          pool.query('INSERT INTO acked (n) VALUES ($1) ON CONFLICT DO NOTHING', [n]),
        );
        acknowledged.push(n);
      }
    };
    const writers = Promise.all(Array.from({ length: 4 }, writer));
    for (let kill = 1; kill <= 3; kill++) {
      await sleep(800);
      process.kill(await postmasterPid(), 'SIGKILL');
      await expect
        .poll(() => engines?.postgres?.restarts(), { timeout: 15_000 })
        .toBeGreaterThanOrEqual(kill);
      await untilAcknowledged(() => pool.query('SELECT 1'));
    }
    isOver = true;
    await writers;
    const stored = await pool.query<{ n: number }>('SELECT n FROM acked ORDER BY n');
    expect(acknowledged.length).toBeGreaterThan(50);
    expect(stored.rows.map((row) => row.n)).toEqual(acknowledged.toSorted((left, right) => left - right));
    await pool.end();
  }, 60_000);

  it('comes back when the shell that watches it is killed', async () => {
    engines = await startEngines({ dataDir, clickhousePort: false, events });
    const server = await postmasterPid();
    const pool = new pg.Pool({ connectionString: engines.databaseUrl, connectionTimeoutMillis: 3_000 });
    pool.on('error', () => undefined);
    process.kill(engines.pids().postgres ?? 0, 'SIGKILL');
    await expect.poll(() => isAlive(server), { timeout: 15_000 }).toBe(false);
    await untilAcknowledged(() => pool.query('SELECT 1'));
    await pool.end();
  }, 40_000);
});

const started = z.object({
  clickhouseUrl: z.string(),
  databaseUrl: z.string(),
  pids: z.object({ clickhouse: z.number(), postgres: z.number() }),
});

describe.runIf(process.platform === 'linux')('the supervisor', () => {
  it('leaves no orphan when it is killed, and the next one takes over', async () => {
    const supervisor = spawn(
      process.execPath,
      [fileURLToPath(new URL('./supervised-engines.ts', import.meta.url)), dataDir],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [line] = (await once(createInterface({ input: supervisor.stdout }), 'line')) as [string];
    const { pids } = started.parse(JSON.parse(line));
    const all = [pids.clickhouse, pids.postgres, await postmasterPid()];
    expect(await Promise.all(all.map(isAlive))).toEqual([true, true, true]);
    supervisor.kill('SIGKILL');
    await expect
      .poll(() => Promise.all(all.map(isAlive)), { timeout: 15_000 })
      .toEqual([false, false, false]);
    engines = await startEngines({ dataDir, events });
    expect((await fetch(`${new URL(engines.clickhouseUrl).origin}/ping`)).status).toBe(200);
  }, 40_000);

  it('refuses a data directory that another one holds, in one sentence', async () => {
    engines = await startEngines({ dataDir, clickhousePort: false, events });
    await expect(startEngines({ dataDir, events })).rejects.toThrow(`is in use by process ${process.pid}`);
  }, 30_000);

  it('says whose port is taken and what moves it', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(
      startEngines({ dataDir, clickhousePort: port, postgresPort: false, events }),
    ).rejects.toThrow(
      `Port ${port} is taken by another program: stop it, or move ClickHouse with PLUMBLINE_CLICKHOUSE_PORT.`,
    );
    server.close();
  }, 30_000);

  it('leaves no lock and no spool behind after a stop', async () => {
    const own = await startEngines({ dataDir, postgresPort: false, events });
    await own.stop();
    expect(await readdir(dataDir)).not.toContain('plumbline.lock');
    expect(await readdir(path.join(dataDir, 'clickhouse/spool'))).toEqual([]);
  }, 30_000);
});
