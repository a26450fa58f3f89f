import { recordAct } from '@plumbline/control-plane/audit/record.ts';
import { plumbline } from '@plumbline/control-plane/actor.ts';
import { inTransaction } from '@plumbline/model/postgres/pool.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cookieOf, openStand, password, type Answer, type Stand } from './stand.ts';

let stand: Stand;
let admin: { id: string; cookie: string };

beforeAll(async () => {
  stand = await openStand();
  admin = await stand.addPerson('admin', 'ada@example.com');
});
afterAll(() => stand.close());

interface Page {
  items: {
    id: string;
    action: string;
    target: string;
    targetName: string | null;
    actorId: string;
    requestId: string;
    detail: unknown;
  }[];
  nextCursor: string | null;
}

const read = async (query = '') =>
  (await stand.ask('GET', `/audit${query}`, { cookie: admin.cookie })).body as Page;
const ask = (method: string, target: string, json?: unknown): Promise<Answer> =>
  stand.ask(method, target, { cookie: admin.cookie, ...(json === undefined ? {} : { json }) });

test('every change leaves an entry with its actor, its target and the id of its request', async () => {
  const invited = await ask('POST', '/people', { email: 'bob@example.com', name: 'Bob', role: 'viewer' });
  const { person, link } = invited.body as { person: { id: string }; link: string };
  const token = new URL(link).searchParams.get('token');
  const welcomed = await stand.ask('POST', '/welcome', {
    json: { token, name: 'Bob', email: 'bob@example.com', password },
  });
  const bob = cookieOf(welcomed);
  const changes: [string, Answer, string][] = [
    ['people.invite', invited, admin.id],
    ['welcome.follow', welcomed, person.id],
    ['people.change', await ask('PATCH', `/people/${person.id}`, { role: 'operator' }), admin.id],
    ['people.renew-link', await ask('POST', `/people/${person.id}/link`), admin.id],
  ];
  const next = 'another long password';
  const changed = await stand.ask('POST', '/session/password', {
    cookie: bob,
    json: { current: password, password: next },
  });
  changes.push(['password.change', changed, person.id]);
  const signedIn = await stand.ask('POST', '/session', {
    json: { email: 'bob@example.com', password: next },
  });
  changes.push(['session.start', signedIn, person.id]);
  changes.push([
    'session.end',
    await stand.ask('DELETE', '/session', { cookie: cookieOf(signedIn) }),
    person.id,
  ]);
  const made = await ask('POST', '/tokens', { name: 'ci', role: 'viewer' });
  const { id } = (made.body as { token: { id: string } }).token;
  changes.push(
    ['tokens.create', made, admin.id],
    ['tokens.revoke', await ask('DELETE', `/tokens/${id}`), admin.id],
  );

  const { items } = await read('?limit=100');
  for (const [action, answer, actorId] of changes) {
    expect(answer.status).toBeLessThan(300);
    expect(items).toContainEqual(
      expect.objectContaining({ action, actorId, requestId: answer.headers.get('x-request-id') }),
    );
  }
  expect(items.find(({ target }) => target === `person:${person.id}`)?.targetName).toBe('Bob');
  expect(items.find(({ target }) => target === `token:${id}`)?.targetName).toBe('ci');
  expect(items.find(({ action }) => action === 'session.end')?.targetName).toBeNull();
  expect(items.find(({ action }) => action === 'people.change')?.detail).toEqual({
    from: { role: 'viewer', disabled: false },
    to: { role: 'operator' },
  });
});

test('a change that fails leaves no entry, and an entry that fails leaves no change', async () => {
  const before = await read('?limit=500');
  await ask('POST', '/people', { email: 'ADA@example.com', name: 'Twice', role: 'viewer' });
  await ask('PATCH', `/people/${admin.id}`, { role: 'viewer' });
  expect((await read('?limit=500')).items).toHaveLength(before.items.length);

  const act = { at: stand.clock.now, actor: plumbline, action: 'test', target: 'x', requestId: 'test' };
  await expect(
    inTransaction(stand.context.postgres, async (on) => {
      await on.query('UPDATE people SET name = $1', ['Changed']);
      await recordAct(on, { ...act, actor: { ...plumbline, kind: 'nobody' as never } });
    }),
  ).rejects.toThrow('actor_kind');
  const { rows } = await stand.context.postgres.query(`SELECT 1 FROM people WHERE name = 'Changed'`);
  expect(rows).toEqual([]);
});

test.each([
  `UPDATE audit_log SET actor_name = 'nobody'`,
  `DELETE FROM audit_log`,
  `TRUNCATE audit_log`,
  `INSERT INTO audit_log (id, at, actor_kind, actor_id, actor_name, action, target, detail, request_id)
     OVERRIDING SYSTEM VALUE SELECT id, at, actor_kind, actor_id, 'nobody', action, target, detail, request_id FROM audit_log LIMIT 1
     ON CONFLICT (id) DO UPDATE SET actor_name = excluded.actor_name`,
])('the database refuses: %s', async (statement) => {
  await expect(stand.context.postgres.query(statement)).rejects.toThrow('the audit log can only be added to');
});

test('pages follow each other without a gap, also while entries are added', async () => {
  for (let index = 0; index < 7; index += 1)
    await ask('POST', '/tokens', { name: `t${index}`, role: 'viewer' });
  const all = (await read('?limit=500')).items.map(({ id }) => id);
  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: Page = await read(`?limit=3${cursor ? `&cursor=${cursor}` : ''}`);
    expect(page.items.length).toBeLessThanOrEqual(3);
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
    await ask('POST', '/tokens', { name: 'meanwhile', role: 'viewer' });
  }
  expect(seen).toEqual(all);
});

test('entries can be narrowed to what was done, to what, and by whom', async () => {
  const { items } = await read('?action=people.invite');
  expect(new Set(items.map(({ action }) => action))).toEqual(new Set(['people.invite']));
  const target = items[0]?.target ?? '';
  const ofTarget = (await read(`?target=${encodeURIComponent(target)}`)).items;
  expect(ofTarget.length).toBeGreaterThan(1);
  expect(ofTarget.every((entry) => entry.target === target)).toBe(true);
  expect(
    (await read(`?actor=${admin.id}&limit=500`)).items.every(({ actorId }) => actorId === admin.id),
  ).toBe(true);
  expect((await read('?action=nothing')).items).toEqual([]);
});

test('a cursor of another list is refused', async () => {
  const answer = await ask('GET', '/audit?cursor=WzEsMl0');
  expect(answer.body).toMatchObject({ status: 400, code: 'bad_request', errors: [{ path: 'cursor' }] });
});
