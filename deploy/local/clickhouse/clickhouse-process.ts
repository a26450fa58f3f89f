import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProcessSpec } from '../process/supervise.ts';

const serverFile = fileURLToPath(new URL('./server.ts', import.meta.url));

export type ClickHouseOptions = {
  host: string;
  port: number;
  /** Folder of the engine: data, configuration and spool. */
  path: string;
  user: string;
  password: string;
  database: string;
  /** Environment of the process; PLUMBLINE_CLICKHOUSE_* limits are taken from it. */
  environment: Record<string, string | undefined>;
  folder: string;
  logFile: string;
};

// Each running query holds a thread of Node's pool; files and name look-ups need some beside them.
const threadPoolSize = '40';

export const clickHouseUrl = ({ host, port, user, password, database }: ClickHouseOptions): string =>
  `http://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}/${database}`;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** How to run the process that owns the ClickHouse engine; ready means that it answers /ping. */
export const clickHouseProcess = (options: ClickHouseOptions): ProcessSpec => ({
  name: 'clickhouse',
  command: process.execPath,
  args: [serverFile],
  environment: {
    ...options.environment,
    UV_THREADPOOL_SIZE: threadPoolSize,
    NODE_COMPILE_CACHE: path.join(options.folder, 'cache/node'),
    PLUMBLINE_BIND: options.host,
    PLUMBLINE_CLICKHOUSE_PATH: options.path,
    PLUMBLINE_CLICKHOUSE_PORT: String(options.port),
    PLUMBLINE_CLICKHOUSE_USER: options.user,
    PLUMBLINE_CLICKHOUSE_PASSWORD: options.password,
    PLUMBLINE_CLICKHOUSE_DATABASE: options.database,
  },
  folder: options.folder,
  lifeline: 'ipc',
  logFile: options.logFile,
  stopMsMax: 25_000,
  readyMsMax: 120_000,
  untilReady: async (signal) => {
    while (!signal.aborted) {
      const isUp = await fetch(`http://${options.host}:${options.port}/ping`, {
        signal: AbortSignal.timeout(2_000),
      }).then(
        (answer) => answer.ok,
        () => false,
      );
      if (isUp) return;
      await sleep(40);
    }
  },
});
