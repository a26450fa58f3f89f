import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { startEngines, type Engines } from '../../../deploy/local/engines.ts';
import { freePort } from '../../../deploy/local/process/ports.ts';

const main = fileURLToPath(new URL('../../../control-plane/main.ts', import.meta.url));
const LogLine = z.looseObject({ time: z.iso.datetime(), level: z.string(), msg: z.string() });
let dataDir = '';
let engines: Engines;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'plumbline-process-'));
  engines = await startEngines({ dataDir });
});
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await engines.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function start(environment: Record<string, string>) {
  const port = await freePort('127.0.0.1');
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env['PATH'],
      CLICKHOUSE_URL: engines.clickhouseUrl,
      DATABASE_URL: engines.databaseUrl,
      PLUMBLINE_DATA_DIR: path.join(dataDir, 'data'),
      PLUMBLINE_API_PORT: String(port),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.err += chunk.toString()));
  const ended = once(child, 'exit').then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  return { child, ended, output, url: `http://127.0.0.1:${port}` };
}

const isReady = (url: string) => async () =>
  (await fetch(`${url}/readyz`).catch(() => undefined))?.status ?? 0;

test('it migrates, becomes ready, prints the first link once, and ends with 0 while a live stream is open', async () => {
  const one = await start({});
  await expect.poll(isReady(one.url), { timeout: 60_000 }).toBe(200);
  const link = (await readFile(path.join(dataDir, 'data/first-sign-in-link'), 'utf8')).trim();
  expect(one.output.out.split(link)).toHaveLength(2);
  expect(one.output.err).not.toContain(new URL(link).searchParams.get('token'));
  for (const line of one.output.err.trim().split('\n'))
    expect(LogLine.safeParse(JSON.parse(line)).success).toBe(true);

  const welcome = await fetch(`${one.url}/api/v1/welcome`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      token: new URL(link).searchParams.get('token'),
      name: 'Ada',
      email: 'ada@example.com',
      password: 'a long and quiet password',
    }),
  });
  const cookie = welcome.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const live = await fetch(`${one.url}/api/v1/events`, { headers: { cookie } });
  expect(live.status).toBe(200);
  one.child.kill('SIGTERM');
  expect(await live.text()).toContain(': hello');
  expect(await one.ended).toBe(0);
});

test('a second start finds everything in place; on one machine it writes a token and prints no link', async () => {
  const again = await start({ PLUMBLINE_LOCAL: '1' });
  await expect.poll(isReady(again.url), { timeout: 60_000 }).toBe(200);
  const token = (await readFile(path.join(dataDir, 'data/admin-token'), 'utf8')).trim();
  const response = await fetch(`${again.url}/api/v1/people`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(await response.json()).toMatchObject({ items: [{ email: 'ada@example.com', role: 'admin' }] });
  expect(again.output.out).toBe('');
  again.child.kill('SIGTERM');
  expect(await again.ended).toBe(0);
});

test.each([
  [{ DATABASE_URL: '' }, 'DATABASE_URL'],
  [{ CLICKHOUSE_URL: 'ftp://x' }, 'CLICKHOUSE_URL'],
  [{ PLUMBLINE_API_PORT: '99999' }, 'PLUMBLINE_API_PORT'],
  [{ PLUMBLINE_TRUSTED_PROXIES: '10.0.0.0/99' }, 'PLUMBLINE_TRUSTED_PROXIES'],
])('with %j it does not start, and says which variable is wrong', async (environment, variable) => {
  const child = await start(environment as Record<string, string>);
  expect(await child.ended).toBe(1);
  expect(child.output.err).toContain(variable);
});

test('a catalog with errors from the start is refused with file and line', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'plumbline-bad-'));
  await writeFile(path.join(folder, 'bad.yaml'), 'flows:\n  - name: 7\n');
  const child = await start({ PLUMBLINE_CATALOG: folder });
  expect(await child.ended).toBe(1);
  expect(child.output.err).toMatch(/bad\.yaml:\d+/);
  await rm(folder, { recursive: true, force: true });
});
