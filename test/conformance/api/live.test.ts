import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readWatermark } from '@plumbline/control-plane/live/tick.ts';
import { openStand, type Stand } from './stand.ts';

const example = fileURLToPath(new URL('../../../model/catalog/example', import.meta.url));
let directory = '';
let stand: Stand;
let token = '';

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'plumbline-live-'));
  await cp(example, directory, { recursive: true });
  stand = await openStand(directory);
  token = await stand.tokenOf('viewer');
});
afterAll(async () => {
  await stand.close();
  await rm(directory, { recursive: true, force: true });
});

/** Follows the events over a real connection until `enough` says so. */
async function follow(
  url: string,
  options: {
    headers?: Record<string, string>;
    enough: (text: string) => boolean;
    during?: () => void | Promise<void>;
  },
): Promise<string> {
  const leaving = new AbortController();
  const response = await fetch(`${url}/api/v1/events`, {
    headers: { authorization: `Bearer ${token}`, ...options.headers },
    signal: AbortSignal.any([leaving.signal, AbortSignal.timeout(60_000)]),
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  let text = '';
  let isStarted = false;
  const decoder = new TextDecoder();
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (!isStarted) await options.during?.();
    isStarted = true;
    if (options.enough(text)) break;
  }
  leaving.abort();
  return text;
}

test('an edit of the catalog is told to whoever looks; a bad one keeps the last good catalog in force', async () => {
  const server = await stand.listen();
  const file = path.join(directory, 'broken.yaml');
  const before = (await stand.ask('GET', '/catalog', { token })).body as { hash: string; flows: unknown[] };
  expect(before).toMatchObject({ status: 'ok', errors: [] });
  const heard = await follow(server.url, {
    enough: (text) => text.includes('event: catalog.invalid'),
    during: () => writeFile(file, 'flows:\n  - name: 7\n    nonsense: true\n'),
  });
  expect(heard).toMatch(/event: catalog\.invalid\ndata: \{"errors":\d+\}\nid: 1\n/);
  const stale = (await stand.ask('GET', '/catalog', { token })).body as {
    hash: string;
    status: string;
    errors: { file: string; line: number }[];
  };
  expect(stale).toMatchObject({ status: 'stale', hash: before.hash });
  expect(stale.errors[0]?.file).toContain('broken.yaml');
  expect(stale.errors[0]?.line).toBeGreaterThan(0);
  expect((await stand.ask('GET', '/readyz')).status).toBe(200);

  await rm(file);
  await expect
    .poll(async () => (await stand.ask('GET', '/catalog', { token })).body, { timeout: 20_000 })
    .toMatchObject({ status: 'ok', errors: [] });
  await server.close();
});

test('an edit that ClickHouse cannot take just now counts as soon as it can', async () => {
  const rename = (from: string, to: string) =>
    stand.context.clickHouse.command({ query: `RENAME TABLE ${from} TO ${to}` });
  const file = path.join(directory, 'late.yaml');
  await rename('derivation_applied', 'derivation_away');
  await writeFile(file, 'systems:\n  - { name: late, title: Late, owner: nobody }\n');
  await expect.poll(() => stand.lines.join(''), { timeout: 20_000 }).toContain('could not be applied yet');
  await rename('derivation_away', 'derivation_applied');
  const names = () => stand.context.catalog.current().catalog.systems.map(({ name }) => name);
  await expect.poll(names, { timeout: 20_000 }).toContain('late');
  await rm(file);
  await expect.poll(names, { timeout: 20_000 }).not.toContain('late');
});

test('whoever comes back hears what it missed', async () => {
  const server = await stand.listen();
  stand.context.events.publish('test.a', { n: 1 });
  stand.context.events.publish('test.b', { n: 2 });
  const lastId = await new Promise<number>((resolve) => {
    const stop = stand.context.events.subscribe(({ id, topic }) => {
      if (topic === 'test.a') resolve(id);
    }, 0);
    stop();
  });
  const heard = await follow(server.url, {
    headers: { 'last-event-id': String(lastId) },
    enough: (text) => text.includes('test.b'),
  });
  expect(heard).not.toContain('test.a');
  expect(heard).toContain('data: {"n":2}');
  await server.close();
});

test('one token holds thirty connections at most, and gives them back', async () => {
  const server = await stand.listen();
  const leaving = new AbortController();
  const open = () =>
    fetch(`${server.url}/api/v1/events`, {
      headers: { authorization: `Bearer ${token}` },
      signal: leaving.signal,
    });
  const opened = await Promise.all(Array.from({ length: 30 }, open));
  expect(opened.every(({ status }) => status === 200)).toBe(true);
  const refused = await open();
  expect(refused.status).toBe(503);
  expect(await refused.json()).toMatchObject({ code: 'too_many_clients' });
  leaving.abort();
  await expect.poll(() => stand.context.events.listeners).toBe(0);
  const again = new AbortController();
  const response = await fetch(`${server.url}/api/v1/events`, {
    headers: { authorization: `Bearer ${token}` },
    signal: again.signal,
  });
  expect(response.status).toBe(200);
  again.abort();
  await server.close();
});

test('the newest telemetry is read at every instant, also between two seconds', async () => {
  const now = () => new Date('2026-11-23T12:00:00.570Z');
  await expect(readWatermark({ ...stand.context, now })).resolves.toBeUndefined();
});

test('the schema for editors is served', async () => {
  const { body } = await stand.ask('GET', '/catalog/schema', { token });
  expect(body).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema' });
});
