import { policy, policyGaps, type Access } from '@plumbline/control-plane/policy.ts';
import { reaches, type Role } from '@plumbline/control-plane/actor.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeOf, everyRole, openStand, type Stand } from './stand.ts';

let stand: Stand;
const tokens = new Map<Role, string>();

beforeAll(async () => {
  stand = await openStand();
  for (const role of everyRole) tokens.set(role, await stand.tokenOf(role));
});
afterAll(() => stand.close());

/** Every route of the policy, with something in place of its parameters that exists nowhere. */
const routes = Object.entries(policy).map(([route, access]) => {
  const [method = '', pattern = ''] = route.split(' ');
  const path = pattern
    .replace('/api/v1/traces/:id', '/api/v1/traces/00000000000000000000000000000001')
    .replace(':id', '00000000-0000-4000-8000-000000000000')
    .replace(/:\w+/, 'nothing');
  return { route, method, path, access };
});
const guarded = routes.filter(({ access }) => access !== 'public');

test('the API serves exactly the routes of the policy', () => {
  expect(policyGaps(stand.app.routes, policy)).toEqual([]);
});

test('a route without a policy, a policy without a route and a route for all methods are each named', () => {
  const entries: Record<string, Access> = { 'GET /a': 'viewer', 'GET /gone': 'admin' };
  const served = [
    { method: 'ALL', path: '/*' },
    { method: 'GET', path: '/a' },
    { method: 'GET', path: '/b' },
    { method: 'ALL', path: '/c' },
    { method: 'GET', path: '/constructor' },
  ];
  expect(policyGaps(served, entries)).toEqual([
    'GET /b has no entry in control-plane/policy.ts',
    'ALL /c has no entry in control-plane/policy.ts',
    'GET /constructor has no entry in control-plane/policy.ts',
    'GET /gone stands in control-plane/policy.ts, but no such route exists',
  ]);
});

test.each(guarded)('$route is closed to strangers', async ({ method, path }) => {
  const bad = ['', 'plumb_wrong', `plumb_${'A'.repeat(43)}`];
  for (const token of bad) {
    const answer = await stand.ask(method, path, { token: token || undefined });
    expect([answer.status, codeOf(answer)]).toEqual([401, 'not_signed_in']);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  }
  const cookie = await stand.ask(method, path, { cookie: 'plums_wrong' });
  expect(cookie.status).toBe(401);
});

test.each(guarded)('$route asks for the role $access and no other', async ({ method, path, access }) => {
  for (const role of everyRole) {
    const signal = AbortSignal.timeout(20_000);
    const response = await stand.app.request(path, {
      method,
      signal,
      headers: { authorization: `Bearer ${tokens.get(role)}` },
    });
    const allowed = access !== 'public' && reaches(role, access);
    if (!allowed) {
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ code: 'forbidden', status: 403 });
      continue;
    }
    // What is asked for does not exist or the body is missing; but the door was open, and nothing broke.
    expect(response.status).not.toBe(401);
    expect(response.status).not.toBe(403);
    expect(response.status).toBeLessThan(500);
    await response.body?.cancel();
  }
});

test.each(routes.filter(({ access }) => access === 'public'))('$route is open', async ({ method, path }) => {
  const answer = await stand.ask(method, path);
  expect([401, 403]).not.toContain(answer.status);
  expect(answer.status).toBeLessThan(500);
});

test('a wrong token is not made good by a right cookie', async () => {
  const { cookie } = await stand.addPerson('viewer', 'ada@example.com');
  expect((await stand.ask('GET', '/session', { cookie })).status).toBe(200);
  expect((await stand.ask('GET', '/session', { cookie, token: 'plumb_wrong' })).status).toBe(401);
});

test('HEAD is guarded as GET is', async () => {
  expect((await stand.ask('HEAD', '/people')).status).toBe(401);
  expect((await stand.ask('HEAD', '/people', { token: tokens.get('viewer') })).status).toBe(403);
  expect((await stand.ask('HEAD', '/people', { token: tokens.get('admin') })).status).toBe(200);
});
