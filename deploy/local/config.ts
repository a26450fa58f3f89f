import path from 'node:path';
import { z } from 'zod';

const port = (fallback: number) => z.coerce.number().int().min(1).max(65_535).default(fallback);
const optionalText = z
  .string()
  .optional()
  .transform((value) => (value === '' ? undefined : value));

const environmentSchema = z.object({
  PLUMBLINE_DATA_DIR: z.string().min(1).default('.plumbline'),
  PLUMBLINE_BIND: z.string().min(1).default('127.0.0.1'),
  PLUMBLINE_CATALOG: optionalText,
  PLUMBLINE_CONSOLE_PORT: port(3000),
  PLUMBLINE_API_PORT: port(7070),
  PLUMBLINE_OTLP_PORT: port(4318),
  PLUMBLINE_OTLP_GRPC_PORT: port(4317),
  PLUMBLINE_CLICKHOUSE_PORT: port(8123),
  PLUMBLINE_POSTGRES_PORT: port(54_329),
  PLUMBLINE_DISTRIBUTOR_PORT: port(4680),
  PLUMBLINE_PROBES_PORT: port(7071),
  PLUMBLINE_API_URL: optionalText,
  PLUMBLINE_PUBLIC_URL: optionalText,
  CLICKHOUSE_URL: optionalText,
  DATABASE_URL: optionalText,
});

/** One address of the product: its port and the variable that moves it. */
export type Address = { label: string; port: number; variable: string };

export type LocalConfig = {
  dataDir: string;
  bind: string;
  catalog: string | undefined;
  /** Set when the engine runs elsewhere: then none is started here. */
  clickhouseUrl: string | undefined;
  databaseUrl: string | undefined;
  console: Address;
  api: Address;
  otlp: Address;
  otlpGrpc: Address;
  clickhouse: Address;
  postgres: Address;
  /** Health and heartbeats of the probes, which run when the catalog declares any. */
  probes: Address;
  /** Control endpoint of the reference distributor; the demo alone runs it. */
  distributor: Address;
  apiUrl: string;
  publicUrl: string;
  environment: Record<string, string | undefined>;
};

/** The environment this process was started with, for processes it starts. */
export const inheritedEnvironment = (): Record<string, string | undefined> => ({ ...process.env });

/** Reads the configuration of the one-machine installation; throws one sentence that names the variable at fault. */
export const parseLocalConfig = (environment: Record<string, string | undefined>): LocalConfig => {
  const parsed = environmentSchema.safeParse(environment);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Error(
      `${issue?.path.join('.') ?? 'The configuration'} is wrong: ${issue?.message ?? 'unknown reason'}.`,
    );
  }
  const values = parsed.data;
  return {
    dataDir: path.resolve(values.PLUMBLINE_DATA_DIR),
    bind: values.PLUMBLINE_BIND,
    catalog: values.PLUMBLINE_CATALOG,
    clickhouseUrl: values.CLICKHOUSE_URL,
    databaseUrl: values.DATABASE_URL,
    console: {
      label: 'the console',
      port: values.PLUMBLINE_CONSOLE_PORT,
      variable: 'PLUMBLINE_CONSOLE_PORT',
    },
    api: { label: 'the API', port: values.PLUMBLINE_API_PORT, variable: 'PLUMBLINE_API_PORT' },
    otlp: { label: 'OTLP/HTTP', port: values.PLUMBLINE_OTLP_PORT, variable: 'PLUMBLINE_OTLP_PORT' },
    otlpGrpc: {
      label: 'OTLP/gRPC',
      port: values.PLUMBLINE_OTLP_GRPC_PORT,
      variable: 'PLUMBLINE_OTLP_GRPC_PORT',
    },
    clickhouse: {
      label: 'ClickHouse',
      port: values.PLUMBLINE_CLICKHOUSE_PORT,
      variable: 'PLUMBLINE_CLICKHOUSE_PORT',
    },
    postgres: {
      label: 'PostgreSQL',
      port: values.PLUMBLINE_POSTGRES_PORT,
      variable: 'PLUMBLINE_POSTGRES_PORT',
    },
    probes: { label: 'the probes', port: values.PLUMBLINE_PROBES_PORT, variable: 'PLUMBLINE_PROBES_PORT' },
    distributor: {
      label: 'the reference distributor',
      port: values.PLUMBLINE_DISTRIBUTOR_PORT,
      variable: 'PLUMBLINE_DISTRIBUTOR_PORT',
    },
    apiUrl: values.PLUMBLINE_API_URL ?? `http://127.0.0.1:${values.PLUMBLINE_API_PORT}`,
    publicUrl: values.PLUMBLINE_PUBLIC_URL ?? `http://localhost:${values.PLUMBLINE_CONSOLE_PORT}`,
    environment,
  };
};
