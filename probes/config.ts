import path from 'node:path';
import { z } from 'zod';

const Environment = z.object({
  DATABASE_URL: z.string().min(1),
  PLUMBLINE_CATALOG: z.string().min(1),
  PLUMBLINE_OTLP_URL: z.url({ protocol: /^https?$/u }).default('http://127.0.0.1:4318'),
  PLUMBLINE_OTLP_TOKENS: z.string().default(''),
  PLUMBLINE_BIND: z.string().min(1).default('127.0.0.1'),
  PLUMBLINE_PROBES_PORT: z.coerce.number().int().min(1).max(65_535).default(7071),
  PLUMBLINE_PROBES_AT_ONCE_MAX: z.coerce.number().int().min(1).max(500).default(16),
  PLUMBLINE_PROBES_ALLOW_ADDRESSES: z.string().default(''),
  PLUMBLINE_SECRETS_DIR: z.string().min(1).optional(),
});

export interface ProbesConfig {
  readonly databaseUrl: string;
  readonly catalogDirectory: string;
  readonly otlpUrl: string;
  readonly otlpToken: string | undefined;
  readonly bind: string;
  readonly port: number;
  readonly atOnceMax: number;
  /** Addresses that probes may reach although they serve metadata of machines. */
  readonly allowedAddresses: readonly string[];
  readonly secretsDirectory: string | undefined;
  /** By name, from PLUMBLINE_SECRET_<NAME>. */
  readonly secrets: ReadonlyMap<string, string>;
  /** URLs by name, from PLUMBLINE_CONNECTION_<NAME>; they may hold passwords. */
  readonly connections: ReadonlyMap<string, string>;
}

export type ConfigResult =
  | { readonly ok: true; readonly config: ProbesConfig }
  | { readonly ok: false; readonly error: string };

/** Reads the configuration of the probes from environment variables, or says in a sentence what is wrong with it. */
export function parseConfig(variables: Readonly<Record<string, string | undefined>>): ConfigResult {
  const present = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const parsed = Environment.safeParse(present);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const name = issue?.path.join('.') ?? '';
    if (present[name] === undefined) return { ok: false, error: `Set the environment variable ${name}.` };
    return { ok: false, error: `The environment variable ${name} is wrong: ${issue?.message}.` };
  }
  const env = parsed.data;
  const tokens = listOf(env.PLUMBLINE_OTLP_TOKENS);
  return {
    ok: true,
    config: {
      databaseUrl: env.DATABASE_URL,
      catalogDirectory: path.resolve(env.PLUMBLINE_CATALOG),
      otlpUrl: env.PLUMBLINE_OTLP_URL,
      otlpToken: tokens[0],
      bind: env.PLUMBLINE_BIND,
      port: env.PLUMBLINE_PROBES_PORT,
      atOnceMax: env.PLUMBLINE_PROBES_AT_ONCE_MAX,
      allowedAddresses: listOf(env.PLUMBLINE_PROBES_ALLOW_ADDRESSES),
      secretsDirectory: env.PLUMBLINE_SECRETS_DIR,
      secrets: named(present, 'PLUMBLINE_SECRET_'),
      connections: named(present, 'PLUMBLINE_CONNECTION_'),
    },
  };
}

/** `PLUMBLINE_SECRET_ERP_TOKEN` is the secret `erp-token`. */
function named(
  environment: Readonly<Record<string, string | undefined>>,
  prefix: string,
): Map<string, string> {
  return new Map(
    Object.entries(environment).flatMap(([key, value]) =>
      key.startsWith(prefix) && value !== undefined
        ? [[key.slice(prefix.length).toLowerCase().replaceAll('_', '-'), value]]
        : [],
    ),
  );
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
