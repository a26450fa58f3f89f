import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeOf, cookieOf, openStand, password, publicUrl, type Answer, type Stand } from './stand.ts';

const hourMs = 3_600_000;
let stand: Stand;

beforeAll(async () => {
  stand = await openStand();
});
afterAll(() => stand.close());

const signIn = (
  email: string,
  given = password,
  more: { cookie?: string; headers?: Record<string, string> } = {},
) => stand.ask('POST', '/session', { json: { email, password: given }, ...more });

const whoAmI = (cookie: string) => stand.ask('GET', '/session', { cookie });

test('a person signs in, is known, signs out, and is not known any more', async () => {
  const { id } = await stand.addPerson('engineer', 'Grace@example.com');
  const answer = await signIn('grace@EXAMPLE.com');
  expect(answer.status).toBe(204);
  const cookie = cookieOf(answer);
  expect((await whoAmI(cookie)).body).toEqual({
    user: { id, name: 'Grace@example.com', email: 'Grace@example.com', role: 'engineer' },
    kind: 'person',
  });
  const left = await stand.ask('DELETE', '/session', { cookie });
  expect(left.status).toBe(204);
  expect(left.headers.get('set-cookie')).toMatch(/^__Host-plumbline=; Path=\/; Max-Age=0;/);
  expect((await whoAmI(cookie)).status).toBe(401);
});

test('the cookie keeps to this host, to https and away from scripts and other sites', async () => {
  await stand.addPerson('viewer', 'cookie@example.com');
  const line = (await signIn('cookie@example.com')).headers.get('set-cookie') ?? '';
  expect(line.split('; ').slice(1).sort()).toEqual([
    'HttpOnly',
    'Max-Age=604800',
    'Path=/',
    'SameSite=Lax',
    'Secure',
  ]);
});

test('what is stored of a session is a hash of its secret', async () => {
  const { cookie } = await stand.addPerson('viewer', 'hash@example.com');
  expect(cookie).toMatch(/^plums_[A-Za-z0-9_-]{43}$/);
  const { rows } = await stand.context.postgres.query('SELECT 1 FROM sessions WHERE secret_hash = $1', [
    createHash('sha256').update(cookie).digest(),
  ]);
  expect(rows).toHaveLength(1);
  const everything = await stand.context.postgres.query(`SELECT s::text AS row FROM sessions s`);
  expect(JSON.stringify(everything.rows)).not.toContain(cookie);
});

test('a session that was known before the sign-in is worth nothing after it', async () => {
  const { cookie: before } = await stand.addPerson('viewer', 'fixed@example.com');
  const after = cookieOf(await signIn('fixed@example.com', password, { cookie: before }));
  expect(after).not.toBe(before);
  expect((await whoAmI(before)).status).toBe(401);
  expect((await whoAmI(after)).status).toBe(200);
  // A secret that somebody else planted is never taken over.
  const planted = `plums_${'A'.repeat(43)}`;
  await signIn('fixed@example.com', password, { cookie: planted });
  expect((await whoAmI(planted)).status).toBe(401);
});

test('a session ends after twelve hours without use', async () => {
  const { cookie } = await stand.addPerson('viewer', 'idle@example.com');
  stand.pass(11 * hourMs);
  expect((await whoAmI(cookie)).status).toBe(200);
  stand.pass(11 * hourMs);
  expect((await whoAmI(cookie)).status).toBe(200);
  stand.pass(12 * hourMs + 1);
  expect((await whoAmI(cookie)).status).toBe(401);
});

test('a session ends after seven days, however much it is used', async () => {
  const { cookie } = await stand.addPerson('viewer', 'busy@example.com');
  for (let hours = 0; hours < 7 * 24 - 8; hours += 8) {
    stand.pass(8 * hourMs);
    expect((await whoAmI(cookie)).status).toBe(200);
  }
  stand.pass(8 * hourMs);
  expect((await whoAmI(cookie)).status).toBe(401);
});

test('a person sees their own sessions, and ends one of them, but nobody else can', async () => {
  const one = await stand.addPerson('viewer', 'many@example.com');
  const second = cookieOf(
    await signIn('many@example.com', password, { headers: { 'user-agent': 'Tablet' } }),
  );
  const listed = await stand.ask('GET', '/sessions', { cookie: second });
  const { items } = listed.body as { items: { id: string; userAgent: string; current: boolean }[] };
  expect(items).toHaveLength(2);
  expect(items.filter(({ current }) => current).map(({ userAgent }) => userAgent)).toEqual(['Tablet']);
  const other = items.find(({ current }) => !current);
  const stranger = await stand.addPerson('admin', 'stranger@example.com');
  const refused = await stand.ask('DELETE', `/sessions/${other?.id}`, { cookie: stranger.cookie });
  expect([refused.status, codeOf(refused)]).toEqual([404, 'not_found']);
  expect((await stand.ask('DELETE', `/sessions/${other?.id}`, { cookie: second })).status).toBe(204);
  expect((await whoAmI(one.cookie)).status).toBe(401);
  expect((await whoAmI(second)).status).toBe(200);
});

test('an unknown person, a wrong password and a closed account get the same answer', async () => {
  await stand.addPerson('viewer', 'known@example.com');
  const closed = await stand.addPerson('viewer', 'closed@example.com');
  await stand.context.postgres.query('UPDATE people SET disabled_at = now() WHERE id = $1', [closed.id]);
  const answers = [
    await signIn('nobody@example.com'),
    await signIn('known@example.com', 'a wrong password'),
    await signIn('closed@example.com'),
  ];
  const shown = answers.map(({ status, body }) => [status, { ...(body as object), requestId: '' }]);
  expect(shown[1]).toEqual(shown[0]);
  expect(shown[2]).toEqual(shown[0]);
  expect(answers[0]?.status).toBe(401);
});

test('an unknown person takes as long as a known one', async () => {
  const timed = async (work: () => Promise<Answer>) => {
    const startedMs = performance.now();
    await work();
    return performance.now() - startedMs;
  };
  await stand.addPerson('viewer', 'slow@example.com');
  const known = await timed(() => signIn('slow@example.com', 'a wrong password'));
  const unknown = await timed(() => signIn('nobody-at-all@example.com'));
  expect(unknown).toBeGreaterThan(known / 4);
});

test('ten guesses are enough, even when they come at once, and a quarter of an hour forgives', async () => {
  await stand.addPerson('viewer', 'guessed@example.com');
  const guesses = await Promise.all(
    Array.from({ length: 25 }, (_, index) => signIn('guessed@example.com', `a wrong password ${index}`)),
  );
  expect(guesses.filter(({ status }) => status === 401)).toHaveLength(10);
  const refused = guesses.find(({ status }) => status === 429);
  expect(codeOf(refused as Answer)).toBe('too_many_attempts');
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
  // The right password is no way to ask whether one has guessed well.
  expect((await signIn('guessed@example.com')).status).toBe(429);
  expect((await signIn('GUESSED@example.com')).status).toBe(429);
  stand.pass(15 * 60_000 + 1);
  expect((await signIn('guessed@example.com')).status).toBe(204);
});

test('strangers who guess at an account do not lock its person out where they have signed in before', async () => {
  await stand.addPerson('admin', 'wanted@example.com');
  const server = await stand.listen();
  const from = async (address: string, word = password) => {
    const body = JSON.stringify({ email: 'wanted@example.com', password: word });
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': address };
    const answer = await fetch(`${server.url}/api/v1/session`, { method: 'POST', headers, body });
    return answer.status;
  };
  try {
    expect(await from('198.51.100.1')).toBe(204);
    for (let host = 0; host < 12; host += 1) await from(`203.0.113.${host}`, 'a wrong password');
    expect(await from('203.0.113.99')).toBe(429);
    expect(await from('198.51.100.1')).toBe(204);
    // At their own address they have ten guesses as well, and no more.
    for (let guess = 0; guess < 10; guess += 1)
      expect(await from('198.51.100.1', 'a wrong password')).toBe(401);
    expect(await from('198.51.100.1')).toBe(429);
  } finally {
    await server.close();
    await stand.context.postgres.query('DELETE FROM sign_in_failures');
  }
});

test('one address may fail fifty times over all accounts', async () => {
  await stand.context.postgres.query('DELETE FROM sign_in_failures');
  await stand.context.postgres.query(
    `INSERT INTO sign_in_failures (subject, window_start, failures) VALUES ('address:unknown', $1, 50)`,
    [stand.clock.now],
  );
  expect((await signIn('somebody-else@example.com')).status).toBe(429);
  await stand.context.postgres.query('DELETE FROM sign_in_failures');
});

test('right passwords do not use up an address', async () => {
  await stand.addPerson('viewer', 'often@example.com');
  for (let count = 0; count < 12; count += 1) expect((await signIn('often@example.com')).status).toBe(204);
  const { rows } = await stand.context.postgres.query('SELECT subject, failures FROM sign_in_failures');
  expect(rows).toEqual([{ subject: 'address:unknown', failures: 0 }]);
});

test.each([
  [{ origin: 'https://evil.test' }, 403],
  [{ origin: 'null' }, 403],
  [{ 'sec-fetch-site': 'cross-site' }, 403],
  [{ 'sec-fetch-site': 'same-site', origin: 'http://other.console.test' }, 403],
  [{ origin: publicUrl, 'sec-fetch-site': 'cross-site' }, 403],
  [{ origin: publicUrl, 'sec-fetch-site': 'same-origin' }, 204],
  [{ origin: publicUrl }, 204],
  [{}, 204],
])('a change with a cookie and %j answers %i', async (headers, status) => {
  const email = `csrf-${JSON.stringify(headers).length}-${status}@example.com`;
  const { cookie } = await stand.addPerson('viewer', email);
  const answer = await stand.ask('DELETE', '/session', {
    cookie,
    headers: headers as Record<string, string>,
  });
  expect(answer.status).toBe(status);
  if (status === 403) expect(codeOf(answer)).toBe('cross_origin');
  expect((await whoAmI(cookie)).status).toBe(status === 403 ? 200 : 401);
  expect((await signIn(email, password, { headers })).status).toBe(status);
});

test('a token has no cookie that another site could borrow, so its origin does not matter', async () => {
  const token = await stand.tokenOf('viewer');
  const answer = await stand.ask('DELETE', '/session', { token, headers: { origin: 'https://evil.test' } });
  expect(answer.status).toBe(204);
});

test('a form of another site cannot send what only JSON can say', async () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    const body = JSON.stringify({ email: 'known@example.com', password });
    const answer = await stand.ask('POST', '/session', { body, headers: { 'content-type': type } });
    expect(answer.status).toBe(415);
    expect(codeOf(answer)).toBe('unsupported_media_type');
  }
});

test('a new password ends every session but the new one, and needs the old password', async () => {
  const person = await stand.addPerson('viewer', 'change@example.com');
  const other = cookieOf(await signIn('change@example.com'));
  const next = 'an even longer password';
  const change = (current: string, to: string) =>
    stand.ask('POST', '/session/password', { cookie: person.cookie, json: { current, password: to } });
  expect(codeOf(await change('not my password', next))).toBe('wrong_credentials');
  expect((await change(password, 'too short')).body).toMatchObject({ errors: [{ path: 'password' }] });
  const renewed = cookieOf(await change(password, next));
  expect((await whoAmI(renewed)).status).toBe(200);
  expect((await whoAmI(person.cookie)).status).toBe(401);
  expect((await whoAmI(other)).status).toBe(401);
  expect((await signIn('change@example.com')).status).toBe(401);
  expect((await signIn('change@example.com', next)).status).toBe(204);
});

test('no password, cookie or token ever reaches the log', async () => {
  const { cookie } = await stand.addPerson('viewer', 'logged@example.com');
  await signIn('logged@example.com', 'a wrong password');
  const token = await stand.tokenOf('viewer');
  await stand.ask('GET', '/session', { token });
  const log = stand.lines.join('');
  for (const secret of [cookie, token, password, 'a wrong password']) expect(log).not.toContain(secret);
  expect(log).toContain('sign-in failed');
});

test('the console on the same machine says for whom it asks, and the session and its limits are of that address', async () => {
  const server = await stand.listen();
  await stand.addPerson('viewer', 'office@example.com');
  const response = await fetch(`${server.url}/api/v1/session`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-forwarded-for': '6.6.6.6, 198.51.100.7',
      'user-agent': 'Firefox',
    },
    body: JSON.stringify({ email: 'office@example.com', password }),
  });
  const cookie = response.headers.getSetCookie()[0]?.split(/[=;]/)[1] ?? '';
  const { body } = await stand.ask('GET', '/sessions', { cookie });
  expect((body as { items: unknown[] }).items).toContainEqual(
    expect.objectContaining({ address: '198.51.100.7', userAgent: 'Firefox', current: true }),
  );
  const { rows } = await stand.context.postgres.query(
    `SELECT failures FROM sign_in_failures WHERE subject = 'address:198.51.100.7'`,
  );
  expect(rows).toEqual([{ failures: 0 }]);
  await server.close();
});
