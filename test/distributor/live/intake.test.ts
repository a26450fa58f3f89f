import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve, type ServerType } from '@hono/node-server';
import { Hono } from 'hono';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { burstOn, messagesOn } from '../business/burst.ts';
import { outageFailure } from '../business/causes.ts';
import { randomOf } from '../business/random.ts';
import { openIntake } from './intake.ts';
import type { Death, Letter } from './letters.ts';

/** Stands where Plumbline stands: what it answers is what its API documents. */
let dataDir: string;
let server: ServerType;
let apiUrl: string;
let stop: AbortController;
let taken: Letter[];
let answer: (items: readonly Letter[]) => number;
const said: string[] = [];

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'distributor-intake-'));
  writeFileSync(join(dataDir, 'admin-token'), 'administrator\n');
  stop = new AbortController();
  taken = [];
  answer = () => 200;
  const app = new Hono();
  app.post('/api/v1/tokens', (c) =>
    c.req.header('authorization') === 'Bearer administrator'
      ? c.json({ token: {}, secret: 'operator' }, 201)
      : c.json({ detail: 'who are you' }, 401),
  );
  app.post('/api/v1/dead-letters', async (c) => {
    if (c.req.header('authorization') !== 'Bearer operator') return c.json({ detail: 'who are you' }, 401);
    const { items } = await c.req.json<{ items: Letter[] }>();
    const status = answer(items);
    if (status !== 200) return Response.json({ detail: 'not that one' }, { status });
    taken.push(...items);
    return c.json({ items: items.map(() => ({ id: 'x', known: false })) });
  });
  apiUrl = await new Promise((resolve) => {
    server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
      resolve(`http://127.0.0.1:${port}`),
    );
  });
});

afterEach(async () => {
  stop.abort();
  await new Promise((resolve) => server.close(resolve));
  rmSync(dataDir, { recursive: true, force: true });
});

const open = () =>
  openIntake({ apiUrl, dataDir, now: Date.now, say: (text) => said.push(text), stop: stop.signal });

function deaths(count: number): Death[] {
  const flow = 'erp-capture-to-payments';
  const numbers = Array.from({ length: count }, (_, index) => String(74_600_001 + index));
  return messagesOn(flow, burstOn(flow, 1, numbers, 0)).map((message) => ({
    kind: 'attempted',
    atMs: 1000,
    durationMs: 5,
    message,
    sentAtMs: 500,
    attempt: 3,
    outcome: 'dead_lettered',
    failure: outageFailure(message, randomOf(1, 'x')),
  }));
}

test('hands letters in under a token of its own, which nobody else can read', async () => {
  const intake = open();
  for (const death of deaths(250)) intake.put(death);
  expect(await intake.drained(10_000)).toBe(0);
  expect(new Set(taken.map(({ messageId }) => messageId)).size).toBe(250);
  expect(taken[0]).toMatchObject({ flow: 'erp-capture-to-payments', errorType: 'PoolTimeoutError' });
  expect(JSON.parse(taken[0]?.body ?? '')).toHaveProperty('payment');
  expect(Object.fromEntries(taken[0]?.headers ?? [])['x-attempt']).toBe('3');
  const tokenFile = join(dataDir, 'distributor-token');
  expect([readFileSync(tokenFile, 'utf8'), statSync(tokenFile).mode & 0o077]).toEqual(['operator', 0]);
});

test('gets past a letter that is refused for good', async () => {
  const [first, bad, last] = deaths(3);
  answer = (items) => (items.some(({ messageId }) => messageId === bad?.message.id) ? 400 : 200);
  const intake = open();
  for (const death of [first, bad, last]) if (death) intake.put(death);
  expect(await intake.drained(10_000)).toBe(0);
  expect(taken.map(({ messageId }) => messageId)).toEqual([first?.message.id, last?.message.id]);
});

test('keeps letters while nobody takes them, beyond its own end', async () => {
  answer = () => 503;
  const intake = open();
  for (const death of deaths(2)) intake.put(death);
  expect(await intake.drained(800)).toBe(2);
  stop.abort();
  expect(said.at(-1)).toContain('503 not that one');
  stop = new AbortController();
  answer = () => 200;
  expect(await open().drained(10_000)).toBe(0);
  expect(taken).toHaveLength(2);
});

test('makes a new token when its own was revoked', async () => {
  writeFileSync(join(dataDir, 'distributor-token'), 'revoked');
  const intake = open();
  for (const death of deaths(1)) intake.put(death);
  expect(await intake.drained(10_000)).toBe(0);
});
