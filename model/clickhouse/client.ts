import {
  ClickHouseError as ServerError,
  ClickHouseLogLevel,
  createClient,
  type ClickHouseClient,
} from '@clickhouse/client';
import { z } from 'zod';
import { checkParameters } from './parameters.ts';

export type ClickHouse = ClickHouseClient;

export type StoreErrorCode =
  | 'unreachable'
  | 'timeout'
  | 'too_many_rows'
  | 'out_of_memory'
  | 'bad_parameters'
  | 'bad_rows'
  | 'refused';

/** Why ClickHouse gave no answer, in a sentence that an operator can act on. The name of the query is part of it. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StoreError';
    this.code = code;
  }
}

export interface ClickHouseOptions {
  /** `http://user:password@host:port/database`. */
  readonly url: string;
  /** Named in the server's logs. */
  readonly application?: string;
  readonly connectionsMax?: number;
  readonly requestTimeoutMs?: number;
}

/** Opens a pool of HTTP connections to the database that the URL names. Close it with `close()`. */
export function createClickHouse(options: ClickHouseOptions): ClickHouse {
  return createClient({
    url: options.url,
    application: options.application ?? 'plumbline',
    max_open_connections: options.connectionsMax ?? 10,
    request_timeout: options.requestTimeoutMs ?? 60_000,
    // Every failure reaches the caller as a StoreError; the client's own lines would say it twice.
    log: { level: ClickHouseLogLevel.OFF },
    compression: { response: false, request: false },
    clickhouse_settings: {
      // Instants leave as ISO 8601 in UTC, decimals as text, counts as numbers: what the API passes on.
      date_time_output_format: 'iso',
      session_timezone: 'UTC',
      output_format_json_quote_64bit_integers: 0,
      output_format_json_quote_decimals: 1,
    },
  });
}

export interface NamedQuery<Row extends z.ZodType> {
  /** Stands in `system.query_log` and in errors: `flows.list`. */
  readonly name: string;
  readonly sql: string;
  /** One value for each `{name:Type}` of the SQL. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Schema of one row. 64-bit integers arrive as numbers: select one that can pass 2^53 as text. */
  readonly schema: Row;
  /** A result with more rows is an error, not a cut list: the SQL has its own LIMIT. */
  readonly rowsMax?: number;
  /** As ClickHouse holds it; where unset, rows alone are counted. */
  readonly resultBytesMax?: number;
  readonly timeoutMsMax?: number;
  readonly memoryBytesMax?: number;
}

/**
 * Runs one read-only query and checks its parameters and rows.
 * @throws StoreError when ClickHouse is away, too slow or refuses, or when parameters or rows are not as declared.
 */
export async function query<Row extends z.ZodType>(
  clickHouse: ClickHouse,
  named: NamedQuery<Row>,
): Promise<z.output<Row>[]> {
  const problem = checkParameters(named.sql, named.params);
  if (problem) throw new StoreError('bad_parameters', `Query ${named.name}: ${problem}`);
  const rows = await read(clickHouse, named);
  const parsed = z.array(named.schema).safeParse(rows);
  if (parsed.success) return parsed.data;
  const reason = z.prettifyError(parsed.error).split('\n').slice(0, 4).join(' ');
  throw new StoreError('bad_rows', `Query ${named.name} returned rows of another shape: ${reason}`);
}

async function read(clickHouse: ClickHouse, named: NamedQuery<z.ZodType>): Promise<unknown[]> {
  const timeoutMs = named.timeoutMsMax ?? 15_000;
  // The engine stops by itself; the signal covers an engine that cannot answer at all.
  const signal = AbortSignal.timeout(timeoutMs + 2000);
  try {
    const result = await clickHouse.query({
      query: named.sql,
      query_params: { ...named.params },
      format: 'JSONEachRow',
      abort_signal: signal,
      clickhouse_settings: {
        log_comment: named.name,
        readonly: '2',
        // Few rows: one answer with its true status, and an embedded engine plans beside its other queries.
        wait_end_of_query: 1,
        max_execution_time: Math.max(1, Math.ceil(timeoutMs / 1000)),
        max_result_rows: String(named.rowsMax ?? 10_000),
        ...(named.resultBytesMax ? { max_result_bytes: String(named.resultBytesMax) } : {}),
        result_overflow_mode: 'throw',
        max_memory_usage: String(named.memoryBytesMax ?? 2_000_000_000),
      },
    });
    return await result.json<unknown>();
  } catch (error) {
    throw signal.aborted ? silent(named.name, error) : explain(named.name, error);
  }
}

/** Turns what the client threw into a StoreError; also for commands and inserts outside `query`. */
export function explain(name: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof ServerError) {
    if (error.code === '159' || error.code === '160') return timedOut(name, error);
    if (error.code === '241') {
      return new StoreError(
        'out_of_memory',
        `Query ${name} needs more memory than it may use: narrow its range.`,
        error,
      );
    }
    if (error.code === '396') {
      return new StoreError(
        'too_many_rows',
        `Query ${name} found more than it may return: narrow its range.`,
        error,
      );
    }
    return new StoreError(
      'refused',
      `ClickHouse refused ${name}: ${text.slice(0, 500)} (code ${error.code})`,
      error,
    );
  }
  if (/timeout/i.test(text)) return timedOut(name, error);
  return new StoreError(
    'unreachable',
    `ClickHouse cannot be reached for ${name}: ${text.slice(0, 200)}`,
    error,
  );
}

/** Past its limit the engine stops a query by itself: where not even that is heard, the question is not at fault. */
function silent(name: string, cause: unknown): StoreError {
  return new StoreError(
    'unreachable',
    `ClickHouse gave no answer to ${name}, not even that it takes too long.`,
    cause,
  );
}

function timedOut(name: string, cause: unknown): StoreError {
  return new StoreError('timeout', `Query ${name} took too long and was stopped: narrow its range.`, cause);
}
