import { randomUUID } from 'node:crypto';
import type {
  DeadLetterDetail,
  DeadLetterGroup,
  DeadLetterSummary,
} from '@plumbline/control-plane/dead-letters/schemas.ts';
import { storeArrivals } from '@plumbline/control-plane/dead-letters/store.ts';
import type { Arrival } from '@plumbline/control-plane/transports/port.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { codeOf, openStand, type Stand } from '../api/stand.ts';
import { writeCatalog } from './catalog.ts';

let stand: Stand;
let token = '';
let engineer = '';

beforeAll(async () => {
  stand = await openStand(await writeCatalog());
  token = await stand.tokenOf('operator');
  engineer = await stand.tokenOf('engineer');
});
beforeEach(() => stand.context.postgres.query('TRUNCATE dead_letters, replays, dead_letter_notes CASCADE'));
afterAll(() => stand.close());

const bodyOf = (order: string, more: object = {}) =>
  JSON.stringify({ order, quantity: 3, total: '10.50', currency: 'USD', email: 'ann@example.org', ...more });

function letter(order: string, more: object = {}) {
  return {
    flow: 'orders',
    messageId: `m-${order}`,
    body: bodyOf(order),
    headers: [
      ['x-customer', 'C-1'],
      ['x-card', '4111'],
      ['x-twice', 'a'],
      ['x-twice', 'b'],
    ],
    failedAt: '2026-11-23T11:00:00.000Z',
    errorType: 'TimeoutError',
    errorMessage: `order ${order} timed out after 30 s`,
    ...more,
  };
}

async function handIn(...items: object[]): Promise<{ id: string; known: boolean }[]> {
  const answer = await stand.ask('POST', '/dead-letters', { token, json: { items } });
  expect([answer.status, answer.body]).toMatchObject([200, {}]);
  return (answer.body as { items: { id: string; known: boolean }[] }).items;
}

async function list(query = ''): Promise<DeadLetterSummary[]> {
  const { body } = await stand.ask('GET', `/dead-letters?${query}`, { token });
  return (body as { items: DeadLetterSummary[] }).items;
}

async function detail(id: string): Promise<DeadLetterDetail> {
  return (await stand.ask('GET', `/dead-letters/${id}`, { token })).body as DeadLetterDetail;
}

const act = (json: object, as = token) => stand.ask('POST', '/dead-letters/actions', { token: as, json });

function arrival(id: string, more: Partial<Arrival> = {}): Arrival {
  return {
    arrivalId: id,
    messageId: 'm-1',
    body: Buffer.from(bodyOf('SO-1')),
    headers: [],
    key: null,
    partition: null,
    contentType: 'application/json',
    originalDestination: 'erp.orders',
    failedAt: new Date('2026-11-23T11:00:00Z'),
    reason: 'rejected',
    deliveries: 3,
    ...more,
  };
}

async function store(...arrivals: Arrival[]) {
  const flow = stand.context.catalog.current().catalog.flows.find(({ name }) => name === 'orders');
  if (!flow) throw new Error('the catalog has a flow');
  return storeArrivals(
    stand.context,
    flow,
    'broker:erp.orders.dead',
    arrivals.map((each) => ({ arrival: each })),
  );
}

describe('taking in', () => {
  it('stores what is handed in once, however often it is handed in', async () => {
    const first = await handIn(letter('SO-1'), letter('SO-2'), letter('SO-1'));
    expect(first.map(({ known }) => known)).toEqual([false, false, false]);
    expect(first[0]?.id).toBe(first[2]?.id);
    const again = await handIn(letter('SO-2'), letter('SO-1'));
    expect(again).toEqual([
      { id: first[1]?.id, known: true },
      { id: first[0]?.id, known: true },
    ]);
    expect(await list()).toHaveLength(2);
  });

  it('stores nothing when one of the flows is unknown, and says which', async () => {
    const json = { items: [letter('SO-1'), letter('SO-2', { flow: 'nowhere' })] };
    const answer = await stand.ask('POST', '/dead-letters', { token, json });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ errors: [{ path: 'items.1.flow' }] });
    expect(await list()).toEqual([]);
  });

  it('reads keys, value, cause and worth as the catalog says', async () => {
    await handIn(letter('SO-1'));
    expect(await list()).toMatchObject([
      {
        messageId: 'm-SO-1',
        state: 'open',
        cause: 'TimeoutError: order <id> timed out after <number> s',
        keys: ['order:SO-1', 'customer:C-1'],
        value: { amount: '10.50', currency: 'USD' },
        failedAt: '2026-11-23T11:00:00.000Z',
      },
    ]);
  });

  it('takes one arrival from a queue once, and another death as an attempt of the same letter', async () => {
    const [first] = await store(arrival('a1'));
    expect(await store(arrival('a1'))).toEqual([{ id: first?.id, known: true }]);
    await act({ filter: { ids: [first?.id] }, action: { kind: 'resolve', reason: 'done by hand' } });
    await store(
      arrival('a2', { failedAt: new Date('2026-11-23T11:30:00Z'), headers: [['x-death', Buffer.from('2')]] }),
    );
    const all = await list();
    expect(all).toMatchObject([{ id: first?.id, state: 'open', failedAt: '2026-11-23T11:30:00.000Z' }]);
    expect((await detail(first?.id ?? '')).attempts).toHaveLength(2);
  });

  it('knows the message of a replay by its header, though an edit changed it, and tells the replay', async () => {
    const [first] = await store(arrival('a1'));
    const id = first?.id ?? '';
    const replay = randomUUID();
    await stand.context.postgres.query(
      `INSERT INTO replays (id, flow, state, reason, filter, items, manifest_hash, connection, destination, per_second, stages,
         halt_ratio, serial, confirm_within_ms, max_generations, preview, approval_hash, needs_approval, requested_by, requested_name,
         requested_principal, requested_at)
       VALUES ($1, 'orders', 'running', 'test', '{}', 1, '', 'broker', 'erp.orders', 1, '{1}', 0.1, true, 1000, 3, '{}', '', false, '', '', '', now())`,
      [replay],
    );
    await stand.context.postgres.query(
      `INSERT INTO replay_items (replay_id, position, dead_letter_id, generation, state, message_id, epoch, claimed_at)
       VALUES ($1, 0, $2, 1, 'sent', 'edit-1', 1, now())`,
      [replay, id],
    );
    await stand.context.postgres.query(
      `UPDATE dead_letters SET state = 'replaying', generation = 1, replay_id = $2 WHERE id = $1`,
      [id, replay],
    );
    await store(
      arrival('a2', {
        messageId: 'edit-1',
        body: Buffer.from(bodyOf('SO-1', { quantity: 4 })),
        headers: [['plumbline-dead-letter', Buffer.from(id)]],
      }),
    );
    expect(await list()).toMatchObject([{ id, state: 'open', replayId: null, generation: 1 }]);
    const { rows } = await stand.context.postgres.query('SELECT state, reason FROM replay_items');
    expect(rows).toMatchObject([{ state: 'refailed' }]);
    expect((await detail(id)).attempts.map(({ replayId }) => replayId)).toContain(replay);
  });

  it('does not take the late death of an earlier replay for one of the replay under way', async () => {
    const [first] = await store(arrival('a1'));
    const id = first?.id ?? '';
    await stand.context.postgres.query(
      `UPDATE dead_letters SET state = 'replaying', generation = 2 WHERE id = $1`,
      [id],
    );
    const headers: Arrival['headers'] = [
      ['plumbline-dead-letter', Buffer.from(id)],
      ['plumbline-generation', Buffer.from('1')],
    ];
    await store(arrival('a2', { headers }));
    expect(await list('state=replaying')).toMatchObject([{ id, state: 'replaying' }]);
    expect((await detail(id)).attempts).toHaveLength(2);
  });

  it('keeps bodies byte for byte, binary and absent ones too', async () => {
    const bytes = Buffer.from([0, 255, 254, 10, 13, 0]);
    const [binary, none] = await store(
      arrival('b', { messageId: 'binary', body: bytes }),
      arrival('n', { messageId: 'none', body: null }),
    );
    const answer = await stand.app.request(`/api/v1/dead-letters/${binary?.id}/body`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes);
    expect((await detail(none?.id ?? '')).body).toMatchObject({ absent: true, bytes: 0 });
    const { body } = await stand.ask('GET', '/audit?action=dead_letters.download', { token: engineer });
    expect(body).toMatchObject({ items: [{ target: `dead_letter:${binary?.id}` }] });
  });
});

describe('showing', () => {
  it('hides what the catalog masks in body, headers and search', async () => {
    const [{ id } = { id: '' }] = await handIn(letter('SO-1'));
    const shown = await detail(id);
    expect(shown.body.text).not.toContain('ann@example.org');
    expect(shown.body.masked).toEqual(['/email']);
    expect(shown.headers.filter(({ masked }) => masked).map(({ name }) => name)).toEqual(['x-card']);
    expect(shown.headers.filter(({ name }) => name === 'x-twice').map(({ value }) => value)).toEqual([
      'a',
      'b',
    ]);
    expect(JSON.stringify(shown)).not.toContain('4111');
    expect(await list('q=4111')).toEqual([]);
    expect(await list('q=example.org')).toEqual([]);
    expect(await list('q=C-1')).toHaveLength(1);
    expect(await list('q=order:SO-1')).toHaveLength(1);
    expect(await list('key=order:SO-2')).toHaveLength(0);
  });

  it('hides what a consumer quotes of it: in errors, stacks and headers, of this death and of later ones', async () => {
    const [{ id } = { id: '' }] = await handIn(
      letter('SO-1', {
        errorMessage: 'ann@example.org is no customer of order SO-1',
        stack: 'Error: ann@example.org\n  at take (orders.ts:1)',
        headers: [['x-exception', 'no customer: ann@example.org']],
      }),
    );
    // What a target answers to a replay is written down beside the message, without it.
    await stand.context.postgres.query(
      "UPDATE dead_letter_attempts SET reason = 'HTTP 422: ann@example.org' WHERE dead_letter_id = $1",
      [id],
    );
    const shown = await detail(id);
    const { body: groups } = await stand.ask('GET', '/dead-letters/groups', { token });
    expect(JSON.stringify([shown, await list(), groups])).not.toContain('ann@example.org');
    expect(shown.errorMessage).toBe('•••••• is no customer of order SO-1');
    expect(shown.attempts[0]?.reason).toBe('HTTP 422: ••••••');
    expect(shown.headers).toEqual([
      { name: 'x-exception', value: 'no customer: ••••••', encoding: 'utf8', masked: true },
    ]);
  });

  it('says where a body breaks the schema of its entity', async () => {
    const [{ id } = { id: '' }] = await handIn(
      letter('SO-1', { body: bodyOf('SO-1', { quantity: '3 EA' }) }),
    );
    expect((await detail(id)).body.schemaErrors).toEqual([{ path: '/quantity', message: 'must be integer' }]);
  });

  it('groups by cause with counts, keys and worth', async () => {
    await handIn(letter('SO-1'), letter('SO-2'), letter('SO-3', { errorType: 'SchemaError' }));
    const { body } = await stand.ask('GET', '/dead-letters/groups', { token });
    const { items } = body as { items: DeadLetterGroup[] };
    expect(items).toMatchObject([
      {
        flow: 'orders',
        flowTitle: 'Orders to ERP',
        count: 2,
        open: 2,
        keys: 2,
        values: [{ amount: '21.00', currency: 'USD' }],
      },
      { count: 1, errorType: 'SchemaError' },
    ]);
  });

  it('pages without skipping or repeating while more arrive', async () => {
    await handIn(...Array.from({ length: 25 }, (_, at) => letter(`SO-${at}`)));
    const ids: string[] = [];
    let cursor = '';
    do {
      const { body } = await stand.ask('GET', `/dead-letters?limit=10${cursor}`, { token });
      const page = body as { items: DeadLetterSummary[]; nextCursor: string | null; total: number };
      ids.push(...page.items.map(({ messageId }) => messageId));
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
      await handIn(letter(`late-${ids.length}`));
    } while (cursor !== '');
    expect(ids).toEqual(Array.from({ length: 25 }, (_, at) => `m-SO-${24 - at}`));
  });
});

describe('changing', () => {
  it('changes what a filter names in one act, and writes down who', async () => {
    await handIn(letter('SO-1'), letter('SO-2'), letter('SO-3', { errorType: 'SchemaError' }));
    const [{ cause } = { cause: '' }] = await list('q=SO-1');
    const answer = await act({
      filter: { flow: 'orders', cause },
      action: { kind: 'ignore', reason: 'test orders' },
    });
    expect(answer.body).toEqual({ changed: 2, skipped: 0, bulk: null });
    expect(await list()).toHaveLength(1);
    const { body } = await stand.ask('GET', '/audit?action=dead_letters.ignore', { token: engineer });
    expect(body).toMatchObject({ items: [{ detail: { changed: 2, action: { reason: 'test orders' } } }] });
  });

  it('never touches what a replay holds', async () => {
    const [{ id } = { id: '' }] = await handIn(letter('SO-1'));
    await stand.context.postgres.query(`UPDATE dead_letters SET state = 'replaying'`);
    for (const kind of ['acknowledge', 'reopen', 'archive', 'restore'])
      expect((await act({ filter: { ids: [id] }, action: { kind } })).body).toEqual({
        changed: 0,
        skipped: 1,
        bulk: null,
      });
    for (const kind of ['resolve', 'ignore'])
      expect((await act({ filter: { ids: [id] }, action: { kind, reason: 'no reason' } })).body).toEqual({
        changed: 0,
        skipped: 1,
        bulk: null,
      });
  });

  it('refuses a change of what somebody else changed meanwhile', async () => {
    const [{ id } = { id: '' }] = await handIn(letter('SO-1'));
    const action = { kind: 'acknowledge' };
    expect((await act({ filter: { ids: [id] }, revision: 1, action })).status).toBe(200);
    expect(codeOf(await act({ filter: { ids: [id] }, revision: 1, action }))).toBe('conflict');
  });

  it('lets fifty people act at once, and each change counts once', async () => {
    const [{ id } = { id: '' }] = await handIn(letter('SO-1'));
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        act({ filter: { ids: [id] }, revision: 1, action: { kind: 'acknowledge' } }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter((answer) => codeOf(answer) === 'conflict')).toHaveLength(49);
  });

  it('refuses an empty filter, a stranger, and a release by an operator', async () => {
    await handIn(letter('SO-1'));
    for (const filter of [{}, { archived: true }, { snoozed: true }])
      expect((await act({ filter, action: { kind: 'acknowledge' } })).status).toBe(400);
    const filter = { flow: 'orders' };
    expect((await act({ filter, action: { kind: 'assign', person: randomUUID() } })).status).toBe(400);
    const release = { kind: 'release', reason: 'mended' };
    expect(codeOf(await act({ filter, action: release }))).toBe('forbidden');
    expect((await act({ filter, action: release }, engineer)).status).toBe(200);
  });

  it('leads what was settled out of quarantine back there, until an engineer releases it', async () => {
    const [first] = await store(arrival('a1'));
    const filter = { ids: [first?.id] };
    const stateOf = async () => (await detail(first?.id ?? '')).state;
    for (const kind of ['resolve', 'ignore']) {
      await stand.context.postgres.query(`UPDATE dead_letters SET state = 'quarantined'`);
      await act({ filter, action: { kind, reason: 'not needed' } });
      for (const as of [token, engineer]) {
        await act({ filter, action: { kind: 'reopen' } }, as);
        expect(await stateOf()).toBe('quarantined');
        await act({ filter, action: { kind, reason: 'not needed' } });
      }
      await store(arrival(`again-${kind}`));
      expect(await stateOf()).toBe('quarantined');
      const release = { kind: 'release', reason: 'the ERP was mended' };
      expect(codeOf(await act({ filter, action: release }))).toBe('forbidden');
      expect((await act({ filter, action: { kind: 'release' } }, engineer)).status).toBe(400);
      await act({ filter, action: release }, engineer);
      expect(await stateOf()).toBe('open');
      await act({ filter, action: { kind, reason: 'done' } });
      await act({ filter, action: { kind: 'reopen' } });
      expect(await stateOf()).toBe('open');
    }
  });

  it('assigns, tags, snoozes and archives', async () => {
    await handIn(letter('SO-1'));
    const person = await stand.addPerson('operator', `${randomUUID()}@example.org`);
    const filter = { flow: 'orders' };
    await act({ filter, action: { kind: 'assign', person: person.id } });
    await act({ filter, action: { kind: 'tag', add: ['b', 'a'] } });
    await act({ filter, action: { kind: 'tag', add: ['c'], remove: ['b'] } });
    expect(await list(`assignee=${person.id}&tag=c`)).toMatchObject([
      { tags: ['a', 'c'], assignee: { id: person.id } },
    ]);
    const many = (from: number) => Array.from({ length: 16 }, (_, index) => `t${from + index}`);
    for (const from of [0, 16, 32]) await act({ filter, action: { kind: 'tag', add: many(from) } });
    // Fifty stand there now; what would not fit is left as it is, whole.
    expect((await act({ filter, action: { kind: 'tag', add: ['one-more'] } })).body).toEqual({
      changed: 0,
      skipped: 1,
      bulk: null,
    });
    for (const from of [0, 16, 32]) await act({ filter, action: { kind: 'tag', remove: many(from) } });
    expect(await list('tag=c')).toMatchObject([{ tags: ['a', 'c'] }]);
    await act({ filter, action: { kind: 'snooze', until: '2026-11-23T13:00:00Z' } });
    expect(await list()).toEqual([]);
    expect(await list('snoozed=true')).toHaveLength(1);
    const asleep = { ...filter, snoozed: true };
    expect((await act({ filter, action: { kind: 'acknowledge' } })).body).toEqual({
      changed: 0,
      skipped: 0,
      bulk: null,
    });
    await act({ filter: asleep, action: { kind: 'ignore', reason: 'a test' } });
    await act({ filter: { ...filter, state: ['ignored'] }, action: { kind: 'archive' } });
    expect(await list('state=ignored')).toEqual([]);
    expect(await list('state=ignored&archived=true')).toHaveLength(1);
  });

  it('keeps a note on a cause for every message that fails so', async () => {
    const [one] = await handIn(letter('SO-1'));
    const { cause } = (await list())[0] ?? { cause: '' };
    const on = { flow: 'orders', cause };
    const answer = await stand.ask('POST', '/dead-letters/notes', {
      token,
      json: { text: 'ERP restarts at noon', on },
    });
    expect(answer.status).toBe(201);
    const [other] = await handIn(letter('SO-9'));
    expect((await detail(other?.id ?? '')).notes).toMatchObject([
      { text: 'ERP restarts at noon', ofCause: true },
    ]);
    expect((await detail(one?.id ?? '')).notes).toHaveLength(1);
  });
});
