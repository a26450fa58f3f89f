import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeOf, openStand, type Stand } from './stand.ts';

const dayMs = 86_400_000;
let stand: Stand;
let cookie = '';

beforeAll(async () => {
  stand = await openStand();
  ({ cookie } = await stand.addPerson('admin', 'ada@example.com'));
});
afterAll(() => stand.close());

interface Made {
  token: {
    id: string;
    name: string;
    role: string;
    createdBy: string;
    expiresAt: string | null;
    lastUsedAt: string | null;
  };
  secret: string;
}

async function make(json: object): Promise<Made> {
  const answer = await stand.ask('POST', '/tokens', { cookie, json });
  expect(answer.status).toBe(201);
  return answer.body as Made;
}

async function list(): Promise<Made['token'][]> {
  const answer = await stand.ask('GET', '/tokens', { cookie });
  return (answer.body as { items: Made['token'][] }).items;
}

test('the secret is shown once, and what is kept of it is its hash', async () => {
  const { token, secret } = await make({ name: 'deploys', role: 'engineer' });
  expect(secret).toMatch(/^plumb_[A-Za-z0-9_-]{43}$/);
  expect(token).toMatchObject({
    name: 'deploys',
    role: 'engineer',
    createdBy: 'ada@example.com',
    lastUsedAt: null,
  });
  expect(JSON.stringify(await list())).not.toContain(secret);
  const { rows } = await stand.context.postgres.query('SELECT id FROM tokens WHERE secret_hash = $1', [
    createHash('sha256').update(secret).digest(),
  ]);
  expect(rows).toEqual([{ id: token.id }]);
  const dump = await stand.context.postgres.query(
    'SELECT t::text AS row FROM tokens t UNION ALL SELECT a::text FROM audit_log a',
  );
  expect(JSON.stringify(dump.rows)).not.toContain(secret);
});

test('a token is refused from the moment it is revoked, and is no longer listed', async () => {
  const { token, secret } = await make({ name: 'gone soon', role: 'viewer' });
  expect((await stand.ask('GET', '/session', { token: secret })).status).toBe(200);
  expect((await stand.ask('DELETE', `/tokens/${token.id}`, { cookie })).status).toBe(204);
  expect((await stand.ask('GET', '/session', { token: secret })).status).toBe(401);
  expect((await list()).map(({ id }) => id)).not.toContain(token.id);
  const again = await stand.ask('DELETE', `/tokens/${token.id}`, { cookie });
  expect([again.status, codeOf(again)]).toEqual([404, 'not_found']);
});

test('a token expires, by default after ninety days; one without an end must be asked for', async () => {
  const usual = await make({ name: 'usual', role: 'viewer' });
  const short = await make({ name: 'short', role: 'viewer', expiresInDays: 1 });
  const endless = await make({ name: 'endless', role: 'viewer', expiresInDays: null });
  expect(Date.parse(usual.token.expiresAt ?? '') - stand.clock.now.getTime()).toBe(90 * dayMs);
  expect(endless.token.expiresAt).toBeNull();
  stand.pass(dayMs - 1);
  expect((await stand.ask('GET', '/session', { token: short.secret })).status).toBe(200);
  stand.pass(1);
  expect((await stand.ask('GET', '/session', { token: short.secret })).status).toBe(401);
  expect((await stand.ask('GET', '/session', { token: endless.secret })).status).toBe(200);
  ({ cookie } = await stand.addPerson('admin', 'next-day@example.com'));
  expect((await list()).map(({ name }) => name)).not.toContain('short');
});

test('the last use is written down, a minute coarse', async () => {
  const { token, secret } = await make({ name: 'used', role: 'viewer' });
  await stand.ask('GET', '/session', { token: secret });
  const first = stand.clock.now.toISOString();
  stand.pass(30_000);
  await stand.ask('GET', '/session', { token: secret });
  expect((await list()).find(({ id }) => id === token.id)?.lastUsedAt).toBe(first);
  stand.pass(31_000);
  await stand.ask('GET', '/session', { token: secret });
  expect((await list()).find(({ id }) => id === token.id)?.lastUsedAt).toBe(stand.clock.now.toISOString());
});

test('a token has no sessions and no password', async () => {
  const { secret } = await make({ name: 'machine', role: 'admin' });
  expect((await stand.ask('GET', '/sessions', { token: secret })).body).toEqual({ items: [] });
  const json = { current: 'whatever it was', password: 'a long and quiet password' };
  expect(codeOf(await stand.ask('POST', '/session/password', { token: secret, json }))).toBe('forbidden');
});

test.each([
  [{ name: 'x', role: 'viewer', expiresInDays: 0 }, 'expiresInDays'],
  [{ name: 'x', role: 'viewer', expiresInDays: 4000 }, 'expiresInDays'],
  [{ name: '', role: 'viewer' }, 'name'],
  [{ name: 'x', role: 'owner' }, 'role'],
])('%j is refused by the name of its field', async (json, field) => {
  const answer = await stand.ask('POST', '/tokens', { cookie, json });
  expect(answer.body).toMatchObject({ status: 400, errors: [{ path: field }] });
});
