import { z } from 'zod';

const megabytes = 1024 * 1024;
const wholeNumber = (min: number, max: number, fallback: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

const environmentSchema = z.object({
  PLUMBLINE_CLICKHOUSE_PATH: z.string().min(1),
  PLUMBLINE_BIND: z.string().min(1).default('127.0.0.1'),
  PLUMBLINE_CLICKHOUSE_PORT: wholeNumber(0, 65_535, 8123),
  PLUMBLINE_CLICKHOUSE_USER: z.string().min(1).default('plumbline'),
  PLUMBLINE_CLICKHOUSE_PASSWORD: z.string().default(''),
  PLUMBLINE_CLICKHOUSE_DATABASE: z
    .string()
    .regex(/^[A-Za-z_]\w*$/)
    .default('plumbline'),
  PLUMBLINE_CLICKHOUSE_MEMORY_MAX_MB: wholeNumber(512, 1_048_576, 2048),
  PLUMBLINE_CLICKHOUSE_QUERY_MEMORY_MAX_MB: wholeNumber(64, 1_048_576, 1024),
  PLUMBLINE_CLICKHOUSE_QUERIES_MAX: wholeNumber(1, 64, 8),
  PLUMBLINE_CLICKHOUSE_QUERY_SECONDS_MAX: wholeNumber(1, 86_400, 300),
  PLUMBLINE_CLICKHOUSE_INSERT_MAX_MB: wholeNumber(1, 16_384, 1024),
});

/** Settings of the process that owns the ClickHouse engine; sizes in bytes, times in seconds. */
export type ClickHouseConfig = {
  path: string;
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  memoryBytesMax: number;
  queryMemoryBytesMax: number;
  queriesMax: number;
  queuedQueriesMax: number;
  querySecondsMax: number;
  insertBytesMax: number;
  statementBytesMax: number;
  bufferedResultBytesMax: number;
};

/** Reads the environment of this process as the engine's configuration. */
export const readClickHouseConfig = (): ClickHouseConfig => parseClickHouseConfig(process.env);

/** Reads the configuration of the engine's process; throws one sentence that names the variable at fault. */
export const parseClickHouseConfig = (environment: Record<string, string | undefined>): ClickHouseConfig => {
  const parsed = environmentSchema.safeParse(environment);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Error(
      `${issue?.path.join('.') ?? 'configuration'} is wrong: ${issue?.message ?? 'unknown reason'}.`,
    );
  }
  const values = parsed.data;
  return {
    path: values.PLUMBLINE_CLICKHOUSE_PATH,
    host: values.PLUMBLINE_BIND,
    port: values.PLUMBLINE_CLICKHOUSE_PORT,
    user: values.PLUMBLINE_CLICKHOUSE_USER,
    password: values.PLUMBLINE_CLICKHOUSE_PASSWORD,
    database: values.PLUMBLINE_CLICKHOUSE_DATABASE,
    memoryBytesMax: values.PLUMBLINE_CLICKHOUSE_MEMORY_MAX_MB * megabytes,
    queryMemoryBytesMax: values.PLUMBLINE_CLICKHOUSE_QUERY_MEMORY_MAX_MB * megabytes,
    queriesMax: values.PLUMBLINE_CLICKHOUSE_QUERIES_MAX,
    queuedQueriesMax: 256,
    querySecondsMax: values.PLUMBLINE_CLICKHOUSE_QUERY_SECONDS_MAX,
    insertBytesMax: values.PLUMBLINE_CLICKHOUSE_INSERT_MAX_MB * megabytes,
    statementBytesMax: 16 * megabytes,
    bufferedResultBytesMax: 256 * megabytes,
  };
};
