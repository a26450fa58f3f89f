import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writeFirstLink, writeLocalToken } from '@plumbline/control-plane/access/local-files.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeOf, cookieOf, openStand, password, publicUrl, type Stand } from './stand.ts';

const dayMs = 86_400_000;
let stand: Stand;

beforeAll(async () => {
  stand = await openStand();
});
afterAll(() => stand.close());

const tokenOf = (link: string) => new URL(link).searchParams.get('token') ?? '';
const fileOf = (name: string) => path.join(stand.context.config.dataDirectory, name);
const follow = (token: string, email: string, given = password) =>
  stand.ask('POST', '/welcome', { json: { token, name: 'Ada', email, password: given } });

let adminCookie = '';

test('the first administrator comes by a link that works once, for a day, and lies where only its owner can read', async () => {
  const early = (await writeFirstLink(stand.context)) ?? '';
  expect(early).toMatch(new RegExp(`^${publicUrl}/welcome\\?token=pluml_[A-Za-z0-9_-]{43}$`));
  expect((await stat(fileOf('first-sign-in-link'))).mode & 0o777).toBe(0o600);
  expect((await readFile(fileOf('first-sign-in-link'), 'utf8')).trim()).toBe(early);
  stand.pass(dayMs + 1);
  expect(codeOf(await follow(tokenOf(early), 'ada@example.com'))).toBe('link_used');

  const link = (await writeFirstLink(stand.context)) ?? '';
  expect((await follow(tokenOf(link), 'ada@example.com', 'short')).status).toBe(400);
  const welcomed = await follow(tokenOf(link), 'ada@example.com');
  adminCookie = cookieOf(welcomed);
  const me = await stand.ask('GET', '/session', { cookie: adminCookie });
  expect(me.body).toMatchObject({ user: { email: 'ada@example.com', role: 'admin' } });
  expect((await follow(tokenOf(link), 'eve@example.com')).status).toBe(410);
  await expect(stat(fileOf('first-sign-in-link'))).rejects.toThrow('ENOENT');
});

test('once somebody administers there is no first link any more', async () => {
  expect(await writeFirstLink(stand.context)).toBeUndefined();
  const { rows } = await stand.context.postgres.query('SELECT 1 FROM sign_in_links WHERE person_id IS NULL');
  expect(rows).toEqual([]);
});

test('two people who follow two first links at once do not both become administrators', async () => {
  const other = await openStand();
  try {
    const links = [await writeFirstLink(other.context), await writeFirstLink(other.context)];
    const answers = await Promise.all(
      links.map((link, index) =>
        other.ask('POST', '/welcome', {
          json: { token: tokenOf(link ?? ''), name: 'First', email: `first-${index}@example.com`, password },
        }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 410]);
  } finally {
    await other.close();
  }
});

test('one link followed many times at once lets one in', async () => {
  const invited = await invite('race@example.com', 'viewer');
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => follow(tokenOf(invited.link), 'race@example.com')),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([204, 410, 410, 410, 410]);
});

async function invite(email: string, role: string) {
  const answer = await stand.ask('POST', '/people', {
    cookie: adminCookie,
    json: { email, name: 'New', role },
  });
  expect(answer.status).toBe(201);
  return answer.body as { person: { id: string; hasPassword: boolean }; link: string };
}

test('an invitation is for one e-mail address, and a new link ends the one before', async () => {
  const { person, link } = await invite('bob@example.com', 'operator');
  expect(person.hasPassword).toBe(false);
  const wrong = await follow(tokenOf(link), 'mallory@example.com');
  expect(wrong.body).toMatchObject({ code: 'bad_request', errors: [{ path: 'email' }] });
  const renewed = await stand.ask('POST', `/people/${person.id}/link`, { cookie: adminCookie });
  expect(codeOf(await follow(tokenOf(link), 'bob@example.com'))).toBe('link_used');
  const token = tokenOf((renewed.body as { link: string }).link);
  const cookie = cookieOf(await follow(token, 'Bob@example.com'));
  const me = await stand.ask('GET', '/session', { cookie });
  expect(me.body).toMatchObject({ user: { id: person.id, role: 'operator' } });
});

test('an e-mail address is one person, in whatever case', async () => {
  const again = await stand.ask('POST', '/people', {
    cookie: adminCookie,
    json: { email: 'BOB@example.com', name: 'Bob', role: 'admin' },
  });
  expect([again.status, codeOf(again)]).toEqual([409, 'conflict']);
});

test('a new role counts from the next request on, and a closed account is out at once', async () => {
  const { id, cookie } = await stand.addPerson('viewer', 'carol@example.com');
  const change = (json: object) => stand.ask('PATCH', `/people/${id}`, { cookie: adminCookie, json });
  expect((await stand.ask('GET', '/people', { cookie })).status).toBe(403);
  expect((await change({ role: 'admin' })).body).toMatchObject({ id, role: 'admin' });
  expect((await stand.ask('GET', '/people', { cookie })).status).toBe(200);
  await change({ role: 'viewer', disabled: true });
  expect((await stand.ask('GET', '/session', { cookie })).status).toBe(401);
  expect(codeOf(await stand.ask('POST', `/people/${id}/link`, { cookie: adminCookie }))).toBe('conflict');
  await change({ disabled: false });
  expect((await stand.ask('GET', '/session', { cookie })).status).toBe(401);
  expect(
    (await stand.ask('POST', '/session', { json: { email: 'carol@example.com', password } })).status,
  ).toBe(204);
});

test('the last administrator stays, also when two leave at once', async () => {
  const people = await stand.ask('GET', '/people', { cookie: adminCookie });
  const ada = (people.body as { items: { id: string; email: string }[] }).items.find(
    ({ email }) => email === 'ada@example.com',
  );
  const change = (id: string | undefined, json: object) =>
    stand.ask('PATCH', `/people/${id}`, { cookie: adminCookie, json });
  expect(codeOf(await change(ada?.id, { role: 'viewer' }))).toBe('last_administrator');
  expect(codeOf(await change(ada?.id, { disabled: true }))).toBe('last_administrator');
  // Somebody who never followed their invitation cannot administer, so they do not count; but they can be changed.
  const invited = await invite('never@example.com', 'admin');
  expect(codeOf(await change(ada?.id, { role: 'viewer' }))).toBe('last_administrator');
  expect((await change(invited.person.id, { role: 'viewer' })).status).toBe(200);

  const second = await stand.addPerson('admin', 'second@example.com');
  const both = await Promise.all([
    change(ada?.id, { role: 'viewer' }),
    change(second.id, { role: 'viewer' }),
  ]);
  expect(both.filter(({ status }) => status === 200)).toHaveLength(1);
  const { rows } = await stand.context.postgres.query<{ email: string }>(
    `SELECT email FROM people WHERE role = 'admin' AND disabled_at IS NULL AND password_hash IS NOT NULL`,
  );
  expect(rows).toHaveLength(1);
  if (rows[0]?.email !== 'ada@example.com') adminCookie = second.cookie;
});

test.each([
  ['no name', { email: 'x@example.com', name: ' ', role: 'viewer' }, 'name'],
  ['a control character', { email: 'x@example.com', name: 'a\u0000b', role: 'viewer' }, 'name'],
  ['no e-mail', { email: 'x', name: 'X', role: 'viewer' }, 'email'],
  ['a role that does not exist', { email: 'x@example.com', name: 'X', role: 'root' }, 'role'],
])('%s is refused by the name of its field', async (_, json, field) => {
  const answer = await stand.ask('POST', '/people', { cookie: adminCookie, json });
  expect(answer.status).toBe(400);
  expect(answer.body).toMatchObject({ code: 'bad_request', errors: [{ path: field }] });
});

test('an id that is none is a bad request, an unknown one is not found', async () => {
  const change = (id: string) =>
    stand.ask('PATCH', `/people/${id}`, { cookie: adminCookie, json: { role: 'viewer' } });
  expect((await change('1%20OR%201=1')).status).toBe(400);
  expect((await change('%00')).status).toBe(400);
  expect((await change('00000000-0000-4000-8000-000000000000')).status).toBe(404);
});

test('on one machine the data directory holds a token that works; a lost one is revoked', async () => {
  await writeLocalToken(stand.context);
  const read = async () => (await readFile(fileOf('admin-token'), 'utf8')).trim();
  const token = await read();
  expect((await stat(fileOf('admin-token'))).mode & 0o777).toBe(0o600);
  expect((await stand.ask('GET', '/session', { token })).body).toMatchObject({
    user: { role: 'admin' },
    kind: 'token',
  });
  await writeLocalToken(stand.context);
  expect(await read()).toBe(token);
  await writeFile(fileOf('admin-token'), 'plumb_garbled\n');
  await writeLocalToken(stand.context);
  expect(await read()).not.toBe(token);
  expect((await stand.ask('GET', '/session', { token })).status).toBe(401);
  expect((await stand.ask('GET', '/session', { token: await read() })).status).toBe(200);
});
