import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { migrate } from '@plumbline/model/postgres/migrate.ts';
import { createPostgres, type Postgres } from '@plumbline/model/postgres/pool.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Engines, startEngines } from '../../../deploy/local/engines.ts';
import { freePort } from '@plumbline/deploy/local/process/ports.ts';
import { probe } from './probe.ts';

interface Told {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly instance: string;
}

const dir = mkdtempSync(path.join(tmpdir(), 'probes5-process-'));
const told: Told[] = [];
const asked: string[] = [];
const children: ChildProcess[] = [];
let engines: Engines;
let postgres: Postgres;

/** Takes OTLP/JSON as the collector does, and serves what is probed. */
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    if (request.url === '/v1/traces') told.push(...spansOf(Buffer.concat(chunks).toString()));
    else asked.push(request.url ?? '');
    response.writeHead(request.url === '/down' ? 503 : 200, { 'content-type': 'application/json' }).end('{}');
  });
});

beforeAll(async () => {
  engines = await startEngines({ dataDir: dir, clickhousePort: false });
  postgres = createPostgres(engines.databaseUrl);
  await migrate(postgres);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  server.closeAllConnections();
  server.close();
  await postgres.end();
  await engines.stop();
  rmSync(dir, { recursive: true, force: true });
});

interface AnyValue {
  readonly stringValue?: string;
  readonly doubleValue?: number;
  readonly intValue?: number;
}
interface Attributes {
  readonly attributes: readonly { readonly key: string; readonly value: AnyValue }[];
}

function spansOf(text: string): Told[] {
  const body = JSON.parse(text) as {
    resourceSpans: { resource: Attributes; scopeSpans: { spans: (Attributes & { name: string })[] }[] }[];
  };
  const plain = ({ attributes }: Attributes) =>
    Object.fromEntries(
      attributes.map(({ key, value }) => [key, value.stringValue ?? value.doubleValue ?? value.intValue]),
    );
  return body.resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        name: span.name,
        attributes: plain(span),
        instance: String(plain(resource)['service.instance.id']),
      })),
    ),
  );
}

function writeCatalog(base: string): string {
  const directory = path.join(dir, 'catalog');
  const one = (name: string, check: string) => `apiVersion: plumbline/v1
kind: Probe
metadata: { name: ${name} }
spec: { system: erp, every: 5s, timeout: 2s, check: ${check} }
`;
  const documents = [
    one('erp-up', `{ kind: http, steps: [{ url: '${base}/up', headers: { a: '\${secret.erp}' } }] }`),
    one('erp-down', `{ kind: http, steps: [{ url: '${base}/down' }] }`),
    one('nightly', '{ kind: heartbeat, within: 1m, secret: beat }'),
  ];
  writeFileSync(path.join(directory, 'probes.yaml'), documents.join('---\n'));
  return directory;
}

function start(environment: Record<string, string>, args: string[] = []) {
  const main = path.join(import.meta.dirname, '../../../probes/main.ts');
  const child = spawn(process.execPath, [main, ...args], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  children.push(child);
  return { child, output };
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > deadlineMs) throw new Error(`${what} did not come: ${JSON.stringify(told.slice(-3))}`);
    await sleep(50);
  }
}

test('postgres: how old the newest row is, on the clock of the server, without a right to write', async () => {
  await postgres.query('CREATE TABLE stock (updated_at timestamptz)');
  const check = { kind: 'postgres', secret: 'here', table: 'public.stock', column: 'updated_at' };
  const empty = await probe(engines.databaseUrl, check, ['age < 1h']);
  expect(empty).toMatchObject({ outcome: 'failed', why: 'age is missing' });
  await postgres.query("INSERT INTO stock VALUES (now() - interval '2 h'), (now() - interval '30 min')");
  const fresh = await probe(engines.databaseUrl, check, ['age < 1h', 'age > 29m']);
  expect(fresh.outcome).toBe('passed');
  expect(await probe(engines.databaseUrl, check, ['age < 10m'])).toMatchObject({ outcome: 'failed' });
  expect((await probe(engines.databaseUrl, { ...check, column: 'nowhere' })).why).toMatch(
    /"nowhere" does not exist/,
  );
});

test('two processes: each turn runs once, and the second takes over when the first is killed', async () => {
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  mkdirSync(path.join(dir, 'catalog'));
  writeFileSync(
    path.join(dir, 'catalog/systems.yaml'),
    'systems: [{ name: erp, title: ERP, owner: finance, services: [erp] }]\n',
  );
  const ports = [await freePort(), await freePort()];
  const environment = {
    PATH: process.env['PATH'] ?? '',
    DATABASE_URL: engines.databaseUrl,
    PLUMBLINE_CATALOG: writeCatalog(base),
    PLUMBLINE_OTLP_URL: base,
    PLUMBLINE_SECRET_ERP: 'open-sesame',
    PLUMBLINE_SECRET_BEAT: 'tick-tock',
  };
  const [first, second] = ports.map((port) => start({ ...environment, PLUMBLINE_PROBES_PORT: String(port) }));
  if (!first || !second) throw new Error('Two were started.');
  const ready = async (port: number | undefined): Promise<{ leader?: boolean }> =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      (answer) => answer.json() as Promise<{ leader: boolean }>,
      () => ({}),
    );
  await until('a leader', async () => (await Promise.all(ports.map(ready))).some(({ leader }) => leader));
  const beat = (token: string) =>
    fetch(`http://127.0.0.1:${ports[1]}/heartbeats/nightly`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    }).then(({ status }) => status);
  await until('the second', async () => (await ready(ports[1])).leader !== undefined);
  expect(await beat('wrong')).toBe(401);
  expect(await beat('tick-tock')).toBe(204);

  const of = (name: string) => told.filter((span) => span.attributes['plumbline.probe.name'] === name);
  await until('two turns', () => ['erp-up', 'erp-down', 'nightly'].every((name) => of(name).length >= 2));
  expect(new Set(told.map(({ instance }) => instance)).size).toBe(1);
  expect(of('erp-up').at(-1)?.attributes).toMatchObject({
    'plumbline.probe.outcome': 'passed',
    'plumbline.probe.kind': 'http',
    'user_agent.synthetic.type': 'test',
  });
  expect(of('erp-down').at(-1)).toMatchObject({
    name: 'probe erp-down',
    attributes: {
      'plumbline.probe.outcome': 'failed',
      'plumbline.probe.failed_condition': 'step1: status < 400',
      'plumbline.probe.why': 'status < 400 (status is 503)',
    },
  });
  expect(of('nightly').at(-1)?.attributes['plumbline.probe.outcome']).toBe('passed');

  const leads = (await ready(ports[0])).leader ? first : second;
  leads.child.kill('SIGKILL');
  const before = told.length;
  const leader = told[0]?.instance;
  await until('the other to take over', () => told.slice(before).some(({ instance }) => instance !== leader));
  // Each turn asked once: as many requests as spans, but for one that was under way when its process died.
  expect(asked.filter((url) => url === '/up').length - of('erp-up').length).toBeLessThanOrEqual(1);

  const debug = start(environment, ['debug', 'erp-down']);
  await new Promise((resolve) => debug.child.once('close', resolve));
  expect(debug.child.exitCode).toBe(2);
  expect(JSON.parse(debug.output.join(''))).toMatchObject({ outcome: 'failed', steps: [{}, {}] });
  const survivor = leads === first ? second : first;
  survivor.child.kill('SIGTERM');
  await new Promise((resolve) => survivor.child.once('close', resolve));
  expect(survivor.child.exitCode).toBe(0);
  expect([...first.output, ...second.output, JSON.stringify(told)].join('')).not.toMatch(/sesame|tick-tock/);
});
