import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { serve } from '@hono/node-server';
import { createToken } from '@plumbline/control-plane/access/manage-tokens.ts';
import { hashPassword } from '@plumbline/control-plane/access/password.ts';
import { replaceSession } from '@plumbline/control-plane/access/sessions.ts';
import { plumbline, roles, type Role } from '@plumbline/control-plane/actor.ts';
import { holdChannels } from '@plumbline/control-plane/alerts/hold-channels.ts';
import { createApp } from '@plumbline/control-plane/app.ts';
import { holdCatalog } from '@plumbline/control-plane/catalog/holder.ts';
import { parseConfig } from '@plumbline/control-plane/config.ts';
import type { Context } from '@plumbline/control-plane/context.ts';
import { createEventHub } from '@plumbline/control-plane/live/hub.ts';
import { createLog } from '@plumbline/control-plane/log.ts';
import type { TransportHolder } from '@plumbline/control-plane/transports/holder.ts';
import { createClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { migrate as migrateClickHouse } from '@plumbline/model/clickhouse/migrate.ts';
import { migrate as migratePostgres } from '@plumbline/model/postgres/migrate.ts';
import { createPostgres } from '@plumbline/model/postgres/pool.ts';
import { startEngines } from '../../../deploy/local/engines.ts';

export const publicUrl = 'http://console.test';
export const password = 'a long and quiet password';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export interface Asked {
  readonly token?: string | undefined;
  readonly cookie?: string | undefined;
  readonly json?: unknown;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** The API over both engines, with a clock that the test turns. */
export type Stand = Awaited<ReturnType<typeof openStand>>;

/** @param transports what replays are sent by; default: no connection has a URL. @param environment more of it */
export async function openStand(
  catalogDirectory?: string,
  transports: TransportHolder = { of: () => undefined, close: () => Promise.resolve() },
  environment: Readonly<Record<string, string>> = {},
) {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'plumbline-api-'));
  const engines = await startEngines({ dataDir });
  const clock = { now: new Date('2026-11-23T12:00:00.000Z') };
  const lines: string[] = [];
  const now = () => clock.now;
  const log = createLog((line) => lines.push(line), now);
  const clickHouse = createClickHouse({ url: engines.clickhouseUrl });
  const postgres = createPostgres(engines.databaseUrl);
  await Promise.all([migrateClickHouse(clickHouse), migratePostgres(postgres)]);
  const config = parseConfig({
    CLICKHOUSE_URL: engines.clickhouseUrl,
    DATABASE_URL: engines.databaseUrl,
    PLUMBLINE_DATA_DIR: path.join(dataDir, 'control-plane'),
    PLUMBLINE_PUBLIC_URL: publicUrl,
    ...environment,
  });
  const events = createEventHub();
  const catalog = await holdCatalog({
    directory: catalogDirectory,
    clickHouse,
    cluster: undefined,
    events,
    log,
    now,
  });
  const context: Context = {
    config,
    postgres,
    clickHouse,
    catalog,
    events,
    log,
    transports,
    channels: holdChannels(config.channels, config.notifyNetworks, now),
    now,
    randomBytes,
    randomId: randomUUID,
  };
  const stopping = new AbortController();
  const app = createApp(context, stopping.signal);

  /** One request, made in process. A path begins below /api/v1 unless it begins with that itself. */
  async function ask(method: string, target: string, asked: Asked = {}): Promise<Answer> {
    const headers = new Headers(asked.headers);
    if (asked.token) headers.set('authorization', `Bearer ${asked.token}`);
    if (asked.cookie) headers.set('cookie', `__Host-plumbline=${asked.cookie}`);
    if (asked.json !== undefined) headers.set('content-type', 'application/json');
    const body = asked.json === undefined ? asked.body : JSON.stringify(asked.json);
    const url = /^\/(api|healthz|readyz)/.test(target) ? target : `/api/v1${target}`;
    const response = await app.request(url, { method, headers, ...(body === undefined ? {} : { body }) });
    const text = await response.text();
    const isJson = text !== '' && /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? (JSON.parse(text) as unknown) : text,
    };
  }

  return {
    app,
    ask,
    clock,
    context,
    engines,
    lines,
    dataDir,
    pass: (ms: number) => void (clock.now = new Date(clock.now.getTime() + ms)),
    /** A token of a role, made without the API. */
    tokenOf: async (role: Role) =>
      (await createToken(context, plumbline, { name: role, role, expiresInDays: null }, 'test')).secret,
    /** A person of a role who has chosen the password of these tests. */
    addPerson: (role: Role, email: string) => addPerson(context, role, email),
    /** Serves the app over a real socket. */
    listen: () => listen(app.fetch),
    close: async () => {
      stopping.abort();
      await catalog.stop();
      await Promise.all([clickHouse.close(), postgres.end()]);
      await engines.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Hashing takes long on purpose, so the one password of these tests is hashed once. */
const passwordHash = hashPassword(password, randomBytes(16));

async function addPerson(
  context: Context,
  role: Role,
  email: string,
): Promise<{ id: string; email: string; cookie: string }> {
  const id = randomUUID();
  await context.postgres.query(
    'INSERT INTO people (id, email, name, role, password_hash, created_at) VALUES ($1, $2, $2, $3, $4, $5)',
    [id, email, role, await passwordHash, context.now()],
  );
  const visitor = { address: 'unknown', userAgent: 'test', secret: undefined };
  return { id, email, cookie: await replaceSession(context, context.postgres, id, visitor) };
}

async function listen(
  fetch: Parameters<typeof serve>[0]['fetch'],
): Promise<{ url: string; close: () => Promise<void> }> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const server = serve({ fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => resolve(port));
  return {
    url: `http://127.0.0.1:${await promise}`,
    close: () => new Promise((done) => server.close(() => done())),
  };
}

/** The secret in the cookie that an answer sets; fails the test when it sets none. */
export function cookieOf(answer: Answer): string {
  const line = answer.headers.get('set-cookie') ?? '';
  const secret = /^__Host-plumbline=([^;]+)/.exec(line)?.[1];
  if (!secret) throw new Error(`no session: ${answer.status} ${JSON.stringify(answer.body)}`);
  return secret;
}

/** Code of a problem, when the answer is one. */
export function codeOf(answer: Answer): string | undefined {
  const { body } = answer;
  return typeof body === 'object' && body !== null && 'code' in body ? String(body.code) : undefined;
}

export const everyRole: readonly Role[] = roles;
