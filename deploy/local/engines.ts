import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { clickHouseProcess, clickHouseUrl, type ClickHouseOptions } from './clickhouse/clickhouse-process.ts';
import { inheritedEnvironment } from './config.ts';
import { preparePostgresHome } from './postgres/home.ts';
import { ensurePassword, initialiseCluster } from './postgres/initialise.ts';
import { postgresProcess, postgresUrl } from './postgres/postgres-process.ts';
import { lockDataDirectory } from './process/data-lock.ts';
import { freePort } from './process/ports.ts';
import { supervise, type Supervised, type SupervisorEvents } from './process/supervise.ts';

export type EngineOptions = {
  dataDir: string;
  /** 0 (the default) picks a free port; false starts no such engine. */
  clickhousePort?: number | false;
  postgresPort?: number | false;
  host?: string;
  events?: SupervisorEvents;
  environment?: Record<string, string | undefined>;
  /** The caller already holds the data directory's lock. */
  isLocked?: boolean;
};

export type Engines = {
  /** Empty when that engine was not asked for. */
  clickhouseUrl: string;
  databaseUrl: string;
  clickhouse: Supervised | undefined;
  postgres: Supervised | undefined;
  /** Pids of the engine process and of the shell that watches PostgreSQL. */
  pids: () => { clickhouse: number | undefined; postgres: number | undefined };
  stop: () => Promise<void>;
};

const database = 'plumbline';
const silent: SupervisorEvents = { note: () => undefined, error: () => undefined };

type Settled = {
  dataDir: string;
  host: string;
  events: SupervisorEvents;
  environment: Record<string, string | undefined>;
};

const startClickHouse = async (
  settled: Settled,
  wantedPort: number,
): Promise<{ url: string; process: Supervised }> => {
  const options: ClickHouseOptions = {
    host: settled.host,
    port: wantedPort || (await freePort(settled.host)),
    path: path.join(settled.dataDir, 'clickhouse'),
    user: 'plumbline',
    password: await ensurePassword(path.join(settled.dataDir, 'clickhouse-password')),
    database,
    environment: settled.environment,
    folder: settled.dataDir,
    logFile: path.join(settled.dataDir, 'logs/clickhouse.log'),
  };
  return { url: clickHouseUrl(options), process: supervise(clickHouseProcess(options), settled.events) };
};

const startPostgres = async (
  settled: Settled,
  wantedPort: number,
): Promise<{ url: string; process: Supervised }> => {
  const note = (sentence: string): void => settled.events.note('postgres', sentence);
  const home = await preparePostgresHome(path.join(settled.dataDir, 'postgres'), note);
  const password = await ensurePassword(path.join(settled.dataDir, 'postgres-password'));
  await initialiseCluster(home, password);
  const port = wantedPort || (await freePort(settled.host));
  const options = {
    home,
    host: settled.host,
    port,
    password,
    database,
    logFile: path.join(settled.dataDir, 'logs/postgres.log'),
  };
  return {
    url: postgresUrl(options, database),
    process: supervise(postgresProcess(options), settled.events),
  };
};

/**
 * Starts the embedded engines on a data directory of their own and waits until both serve. They are restarted when
 * they fall, and stop with `stop()` or when this process ends in whatever way.
 */
export const startEngines = async (options: EngineOptions): Promise<Engines> => {
  const settled: Settled = {
    dataDir: path.resolve(options.dataDir),
    host: options.host ?? '127.0.0.1',
    events: options.events ?? silent,
    environment: options.environment ?? inheritedEnvironment(),
  };
  const unlock = options.isLocked ? () => Promise.resolve() : await lockDataDirectory(settled.dataDir);
  await mkdir(path.join(settled.dataDir, 'logs'), { recursive: true });
  const { clickhousePort = 0, postgresPort = 0 } = options;
  const started = await Promise.allSettled([
    clickhousePort === false ? undefined : startClickHouse(settled, clickhousePort),
    postgresPort === false ? undefined : startPostgres(settled, postgresPort),
  ]);
  const [clickhouse, postgres] = started.map((one) => (one.status === 'fulfilled' ? one.value : undefined));
  const stop = async (): Promise<void> => {
    await Promise.all([clickhouse?.process.stop(), postgres?.process.stop()]);
    await unlock();
  };
  try {
    for (const one of started) if (one.status === 'rejected') throw one.reason;
    await Promise.all([clickhouse?.process.ready, postgres?.process.ready]);
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return {
    clickhouseUrl: clickhouse?.url ?? '',
    databaseUrl: postgres?.url ?? '',
    clickhouse: clickhouse?.process,
    postgres: postgres?.process,
    pids: () => ({ clickhouse: clickhouse?.process.pid(), postgres: postgres?.process.pid() }),
    stop,
  };
};
