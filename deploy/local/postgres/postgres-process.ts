import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { commandOf, signalProcess, waitUntilGone } from '../process/process-identity.ts';
import type { ProcessSpec } from '../process/supervise.ts';
import type { PostgresHome } from './home.ts';
import { superuser } from './initialise.ts';

// A shell between supervisor and server: when its stdin ends, however the supervisor died, the server is stopped.
const watchdog = `
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
( while read -r _ <&3; do :; done; kill -INT "$server" ) &
watcher=$!
trap 'kill -INT "$server"' TERM INT
while :; do
  wait "$server"
  code=$?
  kill -0 "$server" 2>/dev/null || break
done
kill "$watcher" 2>/dev/null
exit "$code"
`;

/** Settings for a server that shares one machine with the product; durability is left as PostgreSQL ships it. */
const serverSettings = (host: string, port: number): Record<string, string> => ({
  listen_addresses: host,
  port: String(port),
  unix_socket_directories: '',
  max_connections: '80',
  shared_buffers: '64MB',
  max_wal_size: '512MB',
  jit: 'off',
  fsync: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m ',
  idle_in_transaction_session_timeout: '10min',
});

const leftoverPid = async (data: string): Promise<number | undefined> => {
  const text = await readFile(path.join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
};

/**
 * A server left by an earlier supervisor is stopped; a lock file whose process is gone, or whose number now belongs
 * to some other program, is taken away. Call only while holding the data directory's lock.
 */
const clearLeftover = async (data: string): Promise<void> => {
  const pid = await leftoverPid(data);
  if (pid === undefined) return;
  const command = await commandOf(pid);
  if (command?.includes('postgres') && command.includes(data)) {
    signalProcess(pid, 'SIGINT');
    if (!(await waitUntilGone(pid, 10_000))) signalProcess(pid, 'SIGQUIT');
    await waitUntilGone(pid, 5_000);
    return;
  }
  await rm(path.join(data, 'postmaster.pid'), { force: true });
};

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const withClient = async <Result>(
  url: string,
  use: (client: pg.Client) => Promise<Result>,
): Promise<Result> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
};

const ensureDatabase = (maintenanceUrl: string, database: string): Promise<void> =>
  withClient(maintenanceUrl, async (client) => {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
  });

export type PostgresOptions = {
  home: PostgresHome;
  host: string;
  port: number;
  password: string;
  database: string;
  logFile: string;
};

export const postgresUrl = (
  { host, port, password }: Pick<PostgresOptions, 'host' | 'port' | 'password'>,
  database: string,
): string => `postgres://${superuser}:${encodeURIComponent(password)}@${host}:${port}/${database}`;

/** How to run the PostgreSQL server; ready means that its database exists and answers. */
export const postgresProcess = (options: PostgresOptions): ProcessSpec => {
  const { home } = options;
  const settings = Object.entries(serverSettings(options.host, options.port)).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  return {
    name: 'postgres',
    command: '/bin/sh',
    args: ['-c', watchdog, 'sh', home.binaries.postgres, '-D', home.data, ...settings],
    environment: { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' },
    folder: home.data,
    owner: home.owner,
    lifeline: 'stdin',
    logFile: options.logFile,
    stopMsMax: 20_000,
    readyMsMax: 60_000,
    beforeStart: () => clearLeftover(home.data),
    untilReady: async (signal) => {
      while (!signal.aborted) {
        const isUp = await ensureDatabase(postgresUrl(options, 'postgres'), options.database).then(
          () => true,
          () => false,
        );
        if (isUp) return;
        await sleep(40);
      }
    },
  };
};
