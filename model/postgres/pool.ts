import pg from 'pg';
import { z } from 'zod';

export type Postgres = pg.Pool;
/** What a statement runs on: the pool, or one connection inside a transaction. */
export type Executor = Pick<pg.Pool, 'query'>;

/** How much longer than a statement may take its answer is waited for. */
const lateMsMax = 5_000;

/** Opens a pool of connections. Statements are stopped by the server after `statementMsMax`. Close it with `end()`. */
export function createPostgres(
  url: string,
  options: { connectionsMax?: number; statementMsMax?: number } = {},
): Postgres {
  const statementMsMax = options.statementMsMax ?? 15_000;
  const pool = new pg.Pool({
    connectionString: url,
    max: options.connectionsMax ?? 10,
    statement_timeout: statementMsMax,
    // A server that froze, or a network that swallows everything, stops no statement: without it loops would wait for ever.
    query_timeout: statementMsMax + lateMsMax,
    // A process that is stopped in the middle of a transaction must not hold its locks against the others.
    idle_in_transaction_session_timeout: 20_000,
    connectionTimeoutMillis: 5_000,
    application_name: 'plumbline',
  });
  // A connection that dies, idle or in a transaction, is replaced at its next use, and a statement on it fails by itself;
  // without listeners the event would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (connection) => connection.on('error', () => undefined));
  return pool;
}

export interface NamedStatement<Row extends z.ZodType> {
  /** Stands in errors: `sessions.find`. */
  readonly name: string;
  readonly sql: string;
  /** Values of `$1`, `$2` … */
  readonly params: readonly unknown[];
  /** Schema of one row. */
  readonly schema: Row;
}

/** Runs one statement and checks its rows. @throws the driver's error, or one that names a row of another shape. */
export async function query<Row extends z.ZodType>(
  on: Executor,
  statement: NamedStatement<Row>,
): Promise<z.output<Row>[]> {
  const result = await on.query(statement.sql, [...statement.params]);
  const parsed = z.array(statement.schema).safeParse(result.rows);
  if (parsed.success) return parsed.data;
  throw new Error(
    `Statement ${statement.name} returned rows of another shape: ${z.prettifyError(parsed.error)}`,
  );
}

/** Runs one statement for its effect and answers how many rows it touched. */
export async function execute(on: Executor, sql: string, params: readonly unknown[] = []): Promise<number> {
  const result = await on.query(sql, [...params]);
  return result.rowCount ?? 0;
}

/** Runs `work` in one transaction: all of it takes effect, or nothing when it throws. */
export async function inTransaction<Result>(
  pool: Postgres,
  work: (on: Executor) => Promise<Result>,
): Promise<Result> {
  const connection = await pool.connect();
  let broken: Error | undefined;
  try {
    await connection.query('BEGIN');
    const result = await work(connection);
    await connection.query('COMMIT');
    return result;
  } catch (error) {
    broken = isUnanswered(error) ? error : await rollBack(connection);
    throw error;
  } finally {
    // A connection that could not even roll back is not given to anybody else.
    connection.release(broken);
  }
}

/** The driver gave up waiting: a further statement would wait behind the first. */
function isUnanswered(error: unknown): error is Error {
  return error instanceof Error && error.message === 'Query read timeout';
}

async function rollBack(connection: pg.PoolClient): Promise<Error | undefined> {
  try {
    await connection.query('ROLLBACK');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error('rollback failed');
  }
}
