import { startBulks, workPart } from '@plumbline/control-plane/dead-letters/bulk/work-bulks.ts';
import type { DeadLetterBulk } from '@plumbline/control-plane/dead-letters/bulk/schemas.ts';
import { createEvidence } from '@plumbline/control-plane/replays/evidence.ts';
import { createPostgres } from '@plumbline/model/postgres/pool.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { codeOf, openStand, type Stand } from '../api/stand.ts';
import { createDeath, mortal, type When } from '../replays/crash.ts';
import { createMemoryTransport } from '../replays/memory.ts';
import { writeCatalog } from './catalog.ts';

/** More than are changed at once, in six parts. */
const many = 6000;
const partMax = 1100;
let stand: Stand;
let token = '';

beforeAll(async () => {
  stand = await openStand(await writeCatalog());
  token = await stand.tokenOf('operator');
});
beforeEach(async () => {
  await stand.context.postgres.query('TRUNCATE dead_letters, dead_letter_bulks CASCADE');
  await addLetters(1, many);
});
afterAll(() => stand.close());

/** Letters as intake leaves them, without the bodies that no change looks at; each tenth is held by a replay. */
async function addLetters(from: number, to: number): Promise<void> {
  await stand.context.postgres.query(
    `INSERT INTO dead_letters (id, flow, message_id, state, cause, error_type, error_message, failed_at, arrived_at, payload_hash,
       body_bytes, keys, trace_id, span_id)
     SELECT gen_random_uuid(), 'orders', 'm-' || n, CASE WHEN n % 10 = 0 THEN 'replaying' ELSE 'open' END, 'Timeout', 'Timeout', '',
       now(), now(), '', 0, '{}', '', ''
     FROM generate_series($1::int, $2::int) n`,
    [from, to],
  );
}

const filter = { flow: 'orders', state: ['open', 'acknowledged', 'replaying'] };
const act = (action: object = { kind: 'tag', add: ['seen'] }) =>
  stand.ask('POST', '/dead-letters/actions', { token, json: { filter, action } });

async function request(): Promise<DeadLetterBulk> {
  const answer = await act();
  expect(answer.status).toBe(202);
  return (answer.body as { bulk: DeadLetterBulk }).bulk;
}

const read = async (id: string) =>
  (await stand.ask('GET', `/dead-letters/bulks/${id}`, { token })).body as DeadLetterBulk;

/** How many letters were changed how often. */
async function changes(): Promise<Record<number, number>> {
  const { rows } = await stand.context.postgres.query<{ revision: number; n: number }>(
    'SELECT revision, count(*)::int AS n FROM dead_letters GROUP BY revision ORDER BY revision',
  );
  return Object.fromEntries(rows.map(({ revision, n }) => [revision - 1, n]));
}

async function audit(): Promise<{ action: string; detail: Record<string, unknown> }[]> {
  const { rows } = await stand.context.postgres.query<{ action: string; detail: Record<string, unknown> }>(
    `SELECT action, detail FROM audit_log WHERE action LIKE 'dead_letters.%' ORDER BY id DESC LIMIT 2`,
  );
  return rows;
}

describe('a change of many letters', () => {
  it('is written down, worked off in parts, and tells how far it is; what died after the request is left', async () => {
    const bulk = await request();
    expect(bulk).toMatchObject({ state: 'running', kind: 'tag', letters: many, changed: 0, skipped: 0 });
    await addLetters(many + 1, many + 20);
    await workPart(stand.context, partMax);
    expect(await read(bulk.id)).toMatchObject({ state: 'running', changed: 990, skipped: 110 });
    while (await workPart(stand.context, partMax));
    expect(await read(bulk.id)).toMatchObject({ state: 'done', changed: 5400, skipped: 600 });
    expect(await changes()).toEqual({ 0: 620, 1: 5400 });
    expect(await audit()).toMatchObject([
      { action: 'dead_letters.bulk_done', detail: { bulk: bulk.id, changed: 5400, skipped: 600 } },
      { action: 'dead_letters.bulk', detail: { bulk: bulk.id, letters: many } },
    ]);
  });

  it('is none where few are meant: they are changed while somebody waits', async () => {
    await stand.context.postgres.query('DELETE FROM dead_letters WHERE seq % 2 = 0');
    const answer = await act();
    expect([answer.status, answer.body]).toMatchObject([200, { changed: 3000, bulk: null }]);
  });

  it('goes on where a process died, whatever it was doing, and changes no letter twice', async () => {
    const { id } = await request();
    for (let step = 1; step <= 6; step += 1)
      for (const when of ['before', 'after'] as const satisfies When[]) {
        const death = createDeath(step, when);
        const { postgres } = mortal(death, {
          postgres: stand.context.postgres,
          evidence: createEvidence(stand.context.clickHouse),
          transport: createMemoryTransport().transport,
        });
        await workPart({ ...stand.context, postgres }, 100).catch(() => undefined);
        expect(death.isDead || step > 5, `step ${step}`).toBe(true);
      }
    while (await workPart(stand.context, partMax));
    expect(await read(id)).toMatchObject({ state: 'done', changed: 5400, skipped: 600 });
    expect(await changes()).toEqual({ 0: 600, 1: 5400 });
  });

  it('is passed over while another process is in the middle of a part, and taken up when that one is gone', async () => {
    const { id } = await request();
    const other = createPostgres(stand.engines.databaseUrl, { connectionsMax: 1 });
    const connection = await other.connect();
    connection.on('error', () => undefined);
    await connection.query('BEGIN');
    await connection.query('SELECT 1 FROM dead_letter_bulks WHERE id = $1 FOR UPDATE', [id]);
    const { rows } = await connection.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    expect(await workPart(stand.context, partMax)).toBe(false);
    await stand.context.postgres.query('SELECT pg_terminate_backend($1, 5000)', [rows[0]?.pid]);
    expect(await workPart(stand.context, partMax)).toBe(true);
    connection.release(true);
    await other.end();
  });

  it('is shared by two processes without a letter changed twice', async () => {
    const { id } = await request();
    const other = createPostgres(stand.engines.databaseUrl);
    const stops = [stand.context, { ...stand.context, postgres: other }].map(startBulks);
    await expect.poll(async () => (await read(id)).state, { timeout: 20_000 }).toBe('done');
    await Promise.all(stops.map((stop) => stop()));
    await other.end();
    expect(await changes()).toEqual({ 0: 600, 1: 5400 });
  });

  it('is cancelled between two parts, once; what was changed stays so', async () => {
    const { id } = await request();
    await workPart(stand.context, partMax);
    const cancel = () => stand.ask('POST', `/dead-letters/bulks/${id}/cancel`, { token });
    expect((await cancel()).body).toMatchObject({ state: 'cancelled', changed: 990 });
    expect(await workPart(stand.context, partMax)).toBe(false);
    expect(await changes()).toEqual({ 0: many - 990, 1: 990 });
    expect(codeOf(await cancel())).toBe('conflict');
    expect(await audit()).toMatchObject([
      { action: 'dead_letters.bulk_cancelled', detail: { changed: 990 } },
      {},
    ]);
  });

  it('passes over what others have locked, says what and who, and comes back for it', async () => {
    const { id } = await request();
    const other = createPostgres(stand.engines.databaseUrl, { connectionsMax: 1 });
    const connection = await other.connect();
    await connection.query('BEGIN');
    const locked = await connection.query<{ id: string }>(
      `SELECT id FROM dead_letters WHERE message_id IN ('m-1', 'm-2', 'm-5999') ORDER BY seq FOR UPDATE`,
    );
    const { rows } = await connection.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const startedMs = performance.now();
    while (await workPart(stand.context, partMax));
    expect(performance.now() - startedMs).toBeLessThan(5000);
    const bulk = await read(id);
    expect(bulk).toMatchObject({ state: 'running', changed: 5397, skipped: 600, error: null });
    expect(bulk.held).toMatchObject({ count: 3, letters: locked.rows.map((letter) => letter.id) });
    expect(bulk.held?.by).toContain(`pid ${rows[0]?.pid}`);
    expect(await workPart(stand.context, partMax)).toBe(false);
    await connection.query('COMMIT');
    connection.release();
    await other.end();
    while (await workPart(stand.context, partMax));
    expect(await read(id)).toMatchObject({ state: 'done', changed: 5400, skipped: 600, held: null });
    expect(await changes()).toEqual({ 0: 600, 1: 5400 });
  });

  it('fails in the end when its parts do, and says why', async () => {
    const { id } = await request();
    const nobody = { kind: 'assign', person: '00000000-0000-4000-8000-000000000000' };
    await stand.context.postgres.query('UPDATE dead_letter_bulks SET action = $1', [JSON.stringify(nobody)]);
    for (let part = 0; part < 10; part += 1) await workPart(stand.context, partMax);
    expect(await read(id)).toMatchObject({
      state: 'failed',
      changed: 0,
      error: expect.stringMatching(/foreign key/) as string,
    });
    expect(await audit()).toMatchObject([{ action: 'dead_letters.bulk_failed' }, {}]);
    expect(await changes()).toEqual({ 0: many });
  });
});
