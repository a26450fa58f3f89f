import { followOnce } from '@plumbline/control-plane/dead-letters/follow.ts';
import type { Evidence } from '@plumbline/control-plane/replays/evidence.ts';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openStand, type Stand } from '../api/stand.ts';
import { createMemoryEvidence } from '../replays/memory.ts';
import { writeCatalog } from './catalog.ts';
import { addSentLetter } from './sent-letter.ts';

let stand: Stand;
let telemetry: ReturnType<typeof createMemoryEvidence>;
const dayMs = 86_400_000;
beforeAll(async () => {
  stand = await openStand(await writeCatalog());
});
beforeEach(async () => {
  await stand.context.postgres.query('TRUNCATE dead_letters, replays, dead_letter_watches CASCADE');
  telemetry = createMemoryEvidence(stand.context.now);
});
afterAll(() => stand.close());

/** Letters of a flow, `m0` the oldest, that died an hour ago. */
async function add(flow: string, count: number, more: { cause?: string; settled?: Date } = {}) {
  const at = new Date(stand.clock.now.getTime() - 3_600_000);
  await stand.context.postgres.query(
    `INSERT INTO dead_letters (id, flow, message_id, state, cause, error_type, error_message, failed_at, arrived_at, payload_hash,
       body_bytes, keys, trace_id, span_id, version, settled_at)
     SELECT gen_random_uuid(), $1, 'm' || n, CASE WHEN $5::timestamptz IS NULL THEN 'open' ELSE 'resolved' END, $4, '', '', $3, $6,
       int8send(n), 2, ARRAY['order:' || n], '', '', n, $5
     FROM generate_series(0, $2::int - 1) AS n ORDER BY n`,
    [flow, count, at, more.cause ?? 'Timeout', more.settled ?? null, stand.clock.now],
  );
}

const delivered = (...ids: string[]) => ids.forEach((id) => telemetry.tell(id, 'delivered'));

async function column(sql: string): Promise<string[]> {
  const { rows } = await stand.context.postgres.query<{ value: string }>(sql);
  return rows.map(({ value }) => value);
}
const resolved = (flow = 'orders') =>
  column(
    `SELECT message_id AS value FROM dead_letters WHERE flow = '${flow}' AND state = 'resolved' ORDER BY seq`,
  );

/** Telemetry that takes its time, and remembers whom it was asked about. */
function slow(ms: number) {
  const asked = new Set<string>();
  const flows: string[] = [];
  const evidence: Evidence = {
    ...telemetry.evidence,
    outcomes: (flow, ids, since) => {
      stand.pass(ms);
      flows.push(flow);
      for (const id of ids) asked.add(`${flow} ${id}`);
      return telemetry.evidence.outcomes(flow, ids, since);
    },
  };
  return { evidence, asked, flows };
}

it('resolves what was processed after all, old letters too, and writes down why', async () => {
  await add('orders', 4000);
  delivered('m0', 'm1999', 'm3999');
  await followOnce(stand.context, telemetry.evidence);
  expect(await resolved()).toEqual(['m0', 'm1999', 'm3999']);
  expect(
    await column('SELECT DISTINCT settled_why AS value FROM dead_letters WHERE settled_why IS NOT NULL'),
  ).toEqual([`Its consumer processed it after all: trace ${'a'.repeat(32)}.`]);
});

it('goes on in the next pass, or in another process, where a pass ended for want of time', async () => {
  await add('orders', 6000);
  delivered('m0');
  const { evidence, asked } = slow(1500);
  for (let pass = 0; pass < 12 && (await resolved()).length === 0; pass += 1)
    await followOnce(stand.context, evidence);
  expect(await resolved()).toEqual(['m0']);
  expect(asked.size).toBe(6000);
});

it('lets no flow wait while another has many letters', async () => {
  await add('orders', 6000);
  await add('invoices', 10);
  delivered('m3');
  const { evidence, flows } = slow(3000);
  await followOnce(stand.context, evidence);
  await followOnce(stand.context, evidence);
  expect(flows).toContain('invoices');
  expect(flows).toContain('orders');
  expect(await resolved('invoices')).toEqual(['m3']);
});

it('does not resolve what died again while telemetry was asked', async () => {
  await add('orders', 1);
  delivered('m0');
  const evidence: Evidence = {
    ...telemetry.evidence,
    outcomes: async (...args) => {
      await stand.context.postgres.query('UPDATE dead_letters SET revision = revision + 1');
      return telemetry.evidence.outcomes(...args);
    },
  };
  await followOnce(stand.context, evidence);
  expect(await resolved()).toEqual([]);
});

it('resolves what a newer state overtook only where messages carry a state', async () => {
  await add('orders', 1);
  await add('invoices', 1);
  telemetry.tell('newer', 'delivered', 'order:0');
  await followOnce(stand.context, telemetry.evidence);
  expect(await resolved('invoices')).toEqual(['m0']);
  expect(await resolved('orders')).toEqual([]);
});

it('explains from telemetry what came without a reason', async () => {
  await add('orders', 1200, { cause: 'unknown' });
  const time = stand.clock.now.toISOString().replace('T', ' ').replace('Z', '');
  await stand.context.clickHouse.insert({
    table: 'messages',
    format: 'JSONEachRow',
    values: ['m0', 'm1199'].map((MessageId) => ({
      Time: time,
      IngestTime: time,
      Flow: 'orders',
      MessageId,
      Operation: 'process',
      Outcome: 'failed',
      ErrorType: 'PriceError',
      ErrorMessage: `no price for item ${MessageId}`,
      TraceId: 'c'.repeat(32),
      SpanId: 'd'.repeat(16),
    })),
  });
  await followOnce(stand.context, telemetry.evidence);
  expect(
    await column(
      `SELECT message_id || ' ' || cause || ' ' || trace_id AS value FROM dead_letters WHERE cause <> 'unknown' ORDER BY seq`,
    ),
  ).toEqual(['m0', 'm1199'].map((id) => `${id} PriceError: no price for item <id> ${'c'.repeat(32)}`));
});

it('hides what telemetry quotes of a masked field when it explains a letter', async () => {
  await add('orders', 1, { cause: 'unknown' });
  await stand.context.postgres.query(
    `INSERT INTO dead_letter_payloads (dead_letter_id, body, headers, words)
     SELECT id, convert_to('{"email":"eva@b.example"}', 'UTF8'), '', '' FROM dead_letters`,
  );
  const time = stand.clock.now.toISOString().replace('T', ' ').replace('Z', '');
  await stand.context.clickHouse.insert({
    table: 'messages',
    format: 'JSONEachRow',
    values: [
      {
        Time: time,
        IngestTime: time,
        Flow: 'orders',
        MessageId: 'm0',
        Operation: 'process',
        Outcome: 'failed',
        ErrorType: 'NoCustomer',
        ErrorMessage: 'eva@b.example is no customer',
      },
    ],
  });
  await followOnce(stand.context, telemetry.evidence);
  const written = `SELECT concat_ws(' / ', cause, error_type, error_message) AS value FROM dead_letters`;
  expect(await column(written)).toEqual([
    'NoCustomer: •••••• is no customer / NoCustomer / •••••• is no customer',
  ]);
});

it('forgets what was settled ninety days ago, and nothing that a live replay has or may have', async () => {
  const settled = new Date(stand.clock.now.getTime() - 91 * dayMs);
  await add('invoices', 2500, { settled });
  await add('orders', 1, { settled });
  const { id, replayId } = await addSentLetter(stand.context.postgres, 'sent');
  await stand.context.postgres.query(
    `UPDATE dead_letters SET state = 'resolved', settled_at = $2, arrived_at = $2 WHERE id = $1`,
    [id, settled],
  );
  const left = () => column('SELECT message_id AS value FROM dead_letters ORDER BY seq');
  // Requested after `m0` was settled: it holds `sent` alone.
  await followOnce(stand.context, telemetry.evidence);
  expect(await left()).toEqual(['sent']);
  // Frozen before they were settled, so they may be in its manifest though its ledger does not name them yet.
  await add('orders', 1, { settled });
  await stand.context.postgres.query('UPDATE replays SET requested_at = $1', [
    new Date(settled.getTime() - dayMs),
  ]);
  await followOnce(stand.context, telemetry.evidence);
  expect(await left()).toEqual(['sent', 'm0']);
  await stand.context.postgres.query(`UPDATE replays SET state = 'finished' WHERE id = $1`, [replayId]);
  await followOnce(stand.context, telemetry.evidence);
  expect(await left()).toEqual([]);
});

it('keeps what was settled a month ago, and what is open for years', async () => {
  await add('invoices', 1, { settled: new Date(stand.clock.now.getTime() - 30 * dayMs) });
  await add('orders', 1);
  stand.pass(30 * dayMs);
  await followOnce(stand.context, telemetry.evidence);
  expect(await column('SELECT flow AS value FROM dead_letters ORDER BY flow')).toEqual([
    'invoices',
    'orders',
  ]);
});
