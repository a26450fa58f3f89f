import { Session, type ChdbQueryStream } from 'chdb';
import type { ClickHouseConfig } from './config.ts';
import { failure, meansEngineIsGone, toEngineError } from './engine-error.ts';
import type { EngineFiles } from './engine-files.ts';
import { quoteIdentifier, quoteString } from './lexer.ts';

type Connection = { session: Session; database: string; settings: Map<string, string>; isDirty: boolean };

/** What a request asks of the connection it runs on. */
export type Context = { database: string; settings: ReadonlyMap<string, string> };

/** One connection of the engine, held by one request at a time. */
export type Lease = {
  query: (sql: string, format: string) => Promise<{ bytes: Uint8Array; rowsRead: number; bytesRead: number }>;
  stream: (sql: string, format: string) => ChdbQueryStream;
  /** The connection's state can no longer be known (the statement changed it): it is closed, not reused. */
  discard: () => void;
};

export type Engine = {
  version: string;
  withConnection: <Result>(
    context: Context,
    signal: AbortSignal,
    use: (lease: Lease) => Promise<Result>,
  ) => Promise<Result>;
  /** Runs a short statement of the face itself, beside the clients' connections. */
  control: (sql: string, format: string) => Promise<string>;
  running: () => number;
  close: () => Promise<void>;
};

const settingNamePattern = /^[A-Za-z_][\w.]*$/;

const checkSettingNames = (settings: ReadonlyMap<string, string>): void => {
  for (const name of settings.keys()) {
    if (!settingNamePattern.test(name)) throw failure(115, 'UNKNOWN_SETTING', `Unknown setting '${name}'.`);
  }
};

const baseSettings = (config: ClickHouseConfig): Map<string, string> =>
  new Map([
    ['max_memory_usage', String(config.queryMemoryBytesMax)],
    ['max_execution_time', String(config.querySecondsMax)],
    ['max_result_bytes', '0'],
    ['log_queries', '0'],
    ['query_profiler_real_time_period_ns', '0'],
    ['query_profiler_cpu_time_period_ns', '0'],
  ]);

/** The SET statement that turns one set of settings into another; undefined when nothing differs. */
const settingsChange = (
  from: ReadonlyMap<string, string>,
  to: ReadonlyMap<string, string>,
  base: ReadonlyMap<string, string>,
): string | undefined => {
  const changes = [...to]
    .filter(([name, value]) => from.get(name) !== value)
    .map(([name, value]) => `${name} = ${quoteString(value)}`);
  for (const name of from.keys()) {
    if (to.has(name)) continue;
    const fallback = base.get(name);
    changes.push(`${name} = ${fallback === undefined ? 'DEFAULT' : quoteString(fallback)}`);
  }
  return changes.length === 0 ? undefined : `SET ${changes.join(', ')}`;
};

const explainOpenFailure = (files: EngineFiles, thrown: unknown): Error =>
  new Error(
    `The ClickHouse engine could not open ${files.data}: ${toEngineError(thrown).text}. The reason stands above in its log; most often another process holds the directory.`,
    { cause: thrown },
  );

type Waiter = { grant: () => void; refuse: (reason: Error) => void };

/** At most `max` holders at once, at most `queuedMax` waiting; the rest are refused as a busy server refuses. */
const createGate = (max: number, queuedMax: number) => {
  let held = 0;
  const waiting: Waiter[] = [];
  const release = (): void => {
    const next = waiting.shift();
    if (next) next.grant();
    else held--;
  };
  const wait = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const onAbort = (): void => {
        const index = waiting.indexOf(waiter);
        if (index !== -1) waiting.splice(index, 1);
        reject(failure(394, 'QUERY_WAS_CANCELLED', 'The client went away before the query could start.'));
      };
      const settle = (then: () => void): void => {
        signal.removeEventListener('abort', onAbort);
        then();
      };
      const waiter: Waiter = {
        grant: () => settle(resolve),
        refuse: (reason) => settle(() => reject(reason)),
      };
      waiting.push(waiter);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  const acquire = async (signal: AbortSignal): Promise<void> => {
    if (held < max) {
      held++;
      return;
    }
    if (waiting.length >= queuedMax) {
      throw failure(
        202,
        'TOO_MANY_SIMULTANEOUS_QUERIES',
        `Too many simultaneous queries: ${max} run and ${queuedMax} wait. Try again later.`,
      );
    }
    await wait(signal);
  };
  const refuseAll = (reason: Error): void => {
    for (const waiter of waiting.splice(0)) waiter.refuse(reason);
  };
  return { acquire, release, refuseAll, held: () => held };
};

/** The embedded default database shows the machine's files as tables: it is replaced by a plain one. */
const replaceDefaultDatabase = async (session: Session): Promise<void> => {
  const engine = (
    await session.queryAsync("SELECT engine FROM system.databases WHERE name = 'default'", { format: 'TSV' })
  ).text();
  if (engine.trim() === 'Atomic') return;
  await session.queryAsync('DROP DATABASE IF EXISTS default');
  await session.queryAsync('CREATE DATABASE default ENGINE = Atomic');
};

/** What the engine reads again of a view when it starts: one that a large catalog makes is longer than any query of a client. */
const metadataBytesMax = 64 * 1024 * 1024;

const openSession = (files: EngineFiles): Session =>
  new Session(files.data, {
    connectionArgs: [`--config-file=${files.config}`, `--max_query_size=${metadataBytesMax}`],
  });

/**
 * Opens the engine. Connections are kept and reused; each request gets its own database and settings on one.
 * `onGone` is called when the engine has aborted: the process must be replaced.
 */
export const openEngine = async (
  config: ClickHouseConfig,
  files: EngineFiles,
  onGone: (reason: string) => void,
): Promise<Engine> => {
  const base = baseSettings(config);
  const gate = createGate(config.queriesMax, config.queuedQueriesMax);
  const idle: Connection[] = [];
  let isClosing = false;

  /** The engine lists a failed statement as running until its connection runs the next one: this is that one. */
  const forgetFailure = (session: Session): Promise<unknown> =>
    session.queryAsync('SELECT 1', { format: 'Null' }).catch(() => undefined);

  const run = async (session: Session, sql: string, format: string) => {
    try {
      return await session.queryAsync(sql, { format });
    } catch (thrown) {
      const error = toEngineError(thrown);
      if (meansEngineIsGone(error)) onGone(error.text);
      throw thrown;
    }
  };

  const openConnection = async (): Promise<Connection> => {
    const session = openSession(files);
    await run(session, settingsChange(new Map(), base, base) as string, 'Null');
    return { session, database: 'default', settings: new Map(), isDirty: false };
  };

  const prepare = async (connection: Connection, context: Context): Promise<void> => {
    const change = settingsChange(connection.settings, context.settings, base);
    if (change !== undefined) {
      connection.isDirty = true;
      await run(connection.session, change, 'Null');
      connection.settings = new Map(context.settings);
      connection.isDirty = false;
    }
    if (connection.database === context.database) return;
    await run(connection.session, `USE ${quoteIdentifier(context.database)}`, 'Null');
    connection.database = context.database;
  };

  const giveBack = (connection: Connection): void => {
    if (connection.isDirty || isClosing) connection.session.close();
    else idle.push(connection);
  };

  /** One that needs no statement before it is best. `readonly` cannot be taken back, so it must agree. */
  const takeConnection = async (context: Context): Promise<Connection> => {
    const agrees = ({ settings }: Connection): boolean =>
      settings.get('readonly') === context.settings.get('readonly');
    const exact = idle.findLastIndex(
      (one) =>
        one.database === context.database &&
        settingsChange(one.settings, context.settings, base) === undefined,
    );
    const index = exact === -1 ? idle.findLastIndex(agrees) : exact;
    const kept = index === -1 ? undefined : idle.splice(index, 1)[0];
    if (kept) return kept;
    if (idle.length >= config.queriesMax) idle.shift()?.session.close();
    return openConnection();
  };

  const leaseOf = (connection: Connection): Lease => ({
    query: async (sql, format) => {
      const result = await run(connection.session, sql, format);
      return { bytes: result.bytes(), rowsRead: result.rowsRead, bytesRead: result.bytesRead };
    },
    stream: (sql, format) => connection.session.queryStream(sql, { format }),
    discard: () => {
      connection.isDirty = true;
    },
  });

  const withConnection: Engine['withConnection'] = async (context, signal, use) => {
    checkSettingNames(context.settings);
    await gate.acquire(signal);
    try {
      const connection = await takeConnection(context);
      try {
        await prepare(connection, context);
        return await use(leaseOf(connection));
      } catch (thrown) {
        await forgetFailure(connection.session);
        throw thrown;
      } finally {
        giveBack(connection);
      }
    } finally {
      gate.release();
    }
  };

  const controlSession = await (async () => {
    try {
      return openSession(files);
    } catch (thrown) {
      throw explainOpenFailure(files, thrown);
    }
  })();
  await replaceDefaultDatabase(controlSession);
  await controlSession.queryAsync(
    `CREATE DATABASE IF NOT EXISTS ${quoteIdentifier(config.database)} ENGINE = Atomic`,
  );
  const version = (await controlSession.queryAsync('SELECT version()', { format: 'TSV' })).text().trim();

  return {
    version,
    withConnection,
    control: async (sql, format) => (await run(controlSession, sql, format)).text(),
    running: gate.held,
    close: async () => {
      isClosing = true;
      gate.refuseAll(failure(210, 'NETWORK_ERROR', 'The server is shutting down.'));
      for (const connection of idle.splice(0)) connection.session.close();
      controlSession.close();
    },
  };
};
