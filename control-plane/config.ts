import { isIP } from 'node:net';
import path from 'node:path';
import { parseChannelUrl } from '@plumbline/slo/notify/channel-url.ts';
import type { ChannelSettings } from '@plumbline/slo/notify/open-channel.ts';
import { z } from 'zod';

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);
const days = (fallback: number) => z.coerce.number().int().min(1).max(3650).default(fallback);

/** An address or a network in CIDR form. */
const Network = z.string().refine((text) => {
  const [address = '', bits = '0', ...rest] = text.split('/');
  const version = isIP(address);
  return (
    version !== 0 && rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 6 ? 128 : 32)
  );
}, 'write addresses or networks with commas between them, as 10.0.0.0/8,192.0.2.7');

/** Networks with commas between them; none when empty. */
const Networks = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
  .pipe(z.array(Network));

const Environment = z.object({
  CLICKHOUSE_URL: z.url({ protocol: /^https?$/ }),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  CLICKHOUSE_CLUSTER: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_-]*$/)
    .optional(),
  PLUMBLINE_RAW_DAYS: days(30),
  PLUMBLINE_ROLLUP_DAYS: days(400),
  PLUMBLINE_CATALOG: z.string().min(1).optional(),
  PLUMBLINE_DATA_DIR: z.string().min(1).default('.plumbline'),
  PLUMBLINE_BIND: z.string().min(1).default('127.0.0.1'),
  PLUMBLINE_API_PORT: port(7070),
  PLUMBLINE_PUBLIC_URL: z.url({ protocol: /^https?$/ }).default('http://localhost:3000'),
  PLUMBLINE_TRUSTED_PROXIES: Networks,
  PLUMBLINE_NOTIFY_NETWORKS: Networks,
  PLUMBLINE_LOCAL: z.enum(['0', '1']).default('0'),
});

export interface Config {
  readonly clickHouseUrl: string;
  readonly databaseUrl: string;
  readonly cluster: string | undefined;
  readonly rawDays: number;
  readonly rollupDays: number;
  /** Directory of YAML files; undefined: an empty catalog. */
  readonly catalogDirectory: string | undefined;
  readonly dataDirectory: string;
  readonly bind: string;
  readonly port: number;
  /** Where people reach the console; links begin with it. */
  readonly publicUrl: string;
  /** Who may say, in X-Forwarded-For, for whom a request is made: addresses and networks. The machine itself always may. */
  readonly trustedProxies: readonly string[];
  /** On one machine an administrator's token lies in the data directory, for scripts and the command line. */
  readonly local: boolean;
  /** URLs of connections by name, from PLUMBLINE_CONNECTION_<NAME>; they may hold passwords. */
  readonly connections: ReadonlyMap<string, string>;
  /** How people are told of alerts, by name, from PLUMBLINE_CHANNEL_<NAME>. */
  readonly channels: ReadonlyMap<string, ChannelSettings>;
  /** Networks inside this one that channels may send to; the public internet is always reached. */
  readonly notifyNetworks: readonly string[];
}

/** Reads the configuration. @throws Error with a sentence that names the variable at fault. */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = Environment.safeParse(present);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Error(
      `The environment variable ${String(issue?.path[0])} is missing or wrong: ${issue?.message}.`,
    );
  }
  const env = parsed.data;
  return {
    clickHouseUrl: env.CLICKHOUSE_URL,
    databaseUrl: env.DATABASE_URL,
    cluster: env.CLICKHOUSE_CLUSTER,
    rawDays: env.PLUMBLINE_RAW_DAYS,
    rollupDays: env.PLUMBLINE_ROLLUP_DAYS,
    catalogDirectory: env.PLUMBLINE_CATALOG,
    dataDirectory: path.resolve(env.PLUMBLINE_DATA_DIR),
    bind: env.PLUMBLINE_BIND,
    port: env.PLUMBLINE_API_PORT,
    publicUrl: env.PLUMBLINE_PUBLIC_URL.replace(/\/+$/, ''),
    trustedProxies: env.PLUMBLINE_TRUSTED_PROXIES,
    local: env.PLUMBLINE_LOCAL === '1',
    connections: connectionsIn(present),
    channels: channelsIn(present),
    notifyNetworks: env.PLUMBLINE_NOTIFY_NETWORKS,
  };
}

/** `PLUMBLINE_CONNECTION_ERP_API` is the connection `erp-api`. */
function connectionsIn(environment: Readonly<Record<string, string | undefined>>): Map<string, string> {
  const connections = new Map<string, string>();
  for (const { variable, name, value } of named(environment, 'PLUMBLINE_CONNECTION_')) {
    if (!URL.canParse(value.replace(/,.*/, '')))
      throw new Error(`The environment variable ${variable} is wrong: write a URL such as amqp://host:5672.`);
    connections.set(name, value);
  }
  return connections;
}

/** `PLUMBLINE_CHANNEL_ON_CALL` is the channel `on-call`. */
function channelsIn(environment: Readonly<Record<string, string | undefined>>): Map<string, ChannelSettings> {
  const channels = new Map<string, ChannelSettings>();
  for (const { variable, name, value } of named(environment, 'PLUMBLINE_CHANNEL_')) {
    try {
      channels.set(name, parseChannelUrl(value));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`The environment variable ${variable} is wrong: ${reason}.`, { cause: error });
    }
  }
  return channels;
}

function named(environment: Readonly<Record<string, string | undefined>>, prefix: string) {
  return Object.entries(environment).flatMap(([variable, value]) => {
    if (!variable.startsWith(prefix) || value === undefined) return [];
    return [{ variable, name: variable.slice(prefix.length).toLowerCase().replaceAll('_', '-'), value }];
  });
}
