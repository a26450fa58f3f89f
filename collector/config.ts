import { z } from 'zod';
import { parseTarget, type ClickHouseTarget } from './load/insert.ts';

const count = (fallback: number) => z.coerce.number().int().positive().default(fallback);
const port = z.coerce.number().int().min(1).max(65535);

const Environment = z.object({
  CLICKHOUSE_URL: z.url({ protocol: /^https?$/u }).default('http://127.0.0.1:8123/plumbline'),
  PLUMBLINE_BIND: z.string().min(1).default('127.0.0.1'),
  PLUMBLINE_OTLP_PORT: port.default(4318),
  PLUMBLINE_OTLP_TOKENS: z.string().default(''),
  PLUMBLINE_DATA_DIR: z.string().min(1).default('.plumbline'),
  PLUMBLINE_SPOOL_DIR: z.string().min(1).optional(),
  PLUMBLINE_SPOOL_BYTES_MAX: count(10 * 1024 ** 3),
  PLUMBLINE_OTLP_BODY_BYTES_MAX: count(64 * 1024 ** 2),
  PLUMBLINE_OTLP_IN_FLIGHT_BYTES_MAX: count(256 * 1024 ** 2),
  PLUMBLINE_OTLP_AGE_HOURS_MAX: count(30 * 24),
  PLUMBLINE_OTLP_AHEAD_MINUTES_MAX: count(60),
  PLUMBLINE_LOAD_INTERVAL_MS: count(250),
});

export interface CollectorConfig {
  readonly clickHouse: ClickHouseTarget;
  readonly bind: string;
  readonly otlpPort: number;
  /** Bearer tokens; none means that anybody on this machine may send. */
  readonly tokens: readonly string[];
  readonly spoolDirectory: string;
  readonly spoolBytesMax: number;
  readonly bodyBytesMax: number;
  readonly inFlightBytesMax: number;
  readonly ageMsMax: number;
  readonly aheadMsMax: number;
  readonly loadIntervalMs: number;
}

export type ConfigResult = { ok: true; config: CollectorConfig } | { ok: false; error: string };

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/u.test(host);
}

/** Reads the collector's configuration from environment variables, or says in a sentence what is wrong with it. */
export function parseConfig(variables: Readonly<Record<string, string | undefined>>): ConfigResult {
  const present = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const parsed = Environment.safeParse(present);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return {
      ok: false,
      error: `The environment variable ${issue?.path.join('.')} is wrong: ${issue?.message}.`,
    };
  }
  const env = parsed.data;
  const tokens = env.PLUMBLINE_OTLP_TOKENS.split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '');
  if (tokens.length === 0 && !isLoopback(env.PLUMBLINE_BIND)) {
    const error = `PLUMBLINE_BIND=${env.PLUMBLINE_BIND} is reachable from other machines: set PLUMBLINE_OTLP_TOKENS to one or more bearer tokens, or bind to 127.0.0.1.`;
    return { ok: false, error };
  }
  return {
    ok: true,
    config: {
      clickHouse: parseTarget(env.CLICKHOUSE_URL),
      bind: env.PLUMBLINE_BIND,
      otlpPort: env.PLUMBLINE_OTLP_PORT,
      tokens,
      spoolDirectory: env.PLUMBLINE_SPOOL_DIR ?? `${env.PLUMBLINE_DATA_DIR}/spool`,
      spoolBytesMax: env.PLUMBLINE_SPOOL_BYTES_MAX,
      bodyBytesMax: env.PLUMBLINE_OTLP_BODY_BYTES_MAX,
      inFlightBytesMax: env.PLUMBLINE_OTLP_IN_FLIGHT_BYTES_MAX,
      ageMsMax: env.PLUMBLINE_OTLP_AGE_HOURS_MAX * 3_600_000,
      aheadMsMax: env.PLUMBLINE_OTLP_AHEAD_MINUTES_MAX * 60_000,
      loadIntervalMs: env.PLUMBLINE_LOAD_INTERVAL_MS,
    },
  };
}
