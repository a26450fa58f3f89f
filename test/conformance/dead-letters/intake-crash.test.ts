import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '@plumbline/control-plane/context.ts';
import { plumbline } from '@plumbline/control-plane/actor.ts';
import { storeArrivals } from '@plumbline/control-plane/dead-letters/store.ts';
import { startIntake } from '@plumbline/control-plane/dead-letters/tail.ts';
import { takeIn } from '@plumbline/control-plane/dead-letters/take-in.ts';
import type { Arrival, Transport } from '@plumbline/control-plane/transports/port.ts';
import { createPostgres, type Postgres } from '@plumbline/model/postgres/pool.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStand, type Stand } from '../api/stand.ts';
import { createDeath, mortal, type When } from '../replays/crash.ts';
import { createMemoryEvidence } from '../replays/memory.ts';
import { writeCatalog } from './catalog.ts';
import { createQueue } from './queue.ts';
import { addSentLetter } from './sent-letter.ts';

let stand: Stand;
/** Cuts connections of the others. */
let knife: Postgres;
beforeAll(async () => {
  stand = await openStand(await writeCatalog());
  knife = createPostgres(stand.engines.databaseUrl, { connectionsMax: 1 });
});
afterAll(async () => {
  await knife.end();
  await stand.close();
});

type Fault = When | 'cut';
type Step = ReturnType<typeof createDeath>['step'];

/** The stores of a process that fails at a step: it dies before or after it, or lives on while its connection is cut. */
function failing(at: number, fault: Fault) {
  const death = createDeath(fault === 'cut' ? 0 : at, fault === 'cut' ? 'before' : fault);
  let isCut = false;
  const step: Step = async (work) => {
    if (fault === 'cut' && death.steps + 1 === at && !isCut) {
      isCut = true;
      await knife.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      );
    }
    return death.step(work);
  };
  const { evidence } = createMemoryEvidence(stand.context.now);
  const transport: Transport = createQueue([]).reader(step);
  const { postgres } = mortal({ step }, { postgres: stand.context.postgres, evidence, transport });
  return {
    step,
    context: { ...stand.context, postgres },
    get isThrough() {
      return death.isDead || isCut;
    },
  };
}

const bodyOf = (order: string) => Buffer.from(JSON.stringify({ order, quantity: 1, email: 'a@example.org' }));

function arrival(id: string, message: string, more: Partial<Arrival> = {}): Arrival {
  return {
    arrivalId: id,
    messageId: message,
    body: bodyOf(message),
    headers: [],
    key: null,
    partition: null,
    contentType: 'application/json',
    originalDestination: 'erp.orders',
    failedAt: new Date('2026-11-23T11:00:00Z'),
    reason: 'rejected',
    deliveries: 1,
    ...more,
  };
}

/** Six deaths of four messages: two new ones, one that dies twice in two batches, and one that a replay had sent. */
function deaths(sent: { readonly id: string; readonly messageId: string }): Arrival[] {
  const headers: Arrival['headers'] = [['plumbline-dead-letter', Buffer.from(sent.id)]];
  return [
    arrival('a1', 'm1'),
    arrival('a2', 'm2', { isFirstDelivery: true }),
    arrival('a3', 'm3'),
    arrival('a4', 'm1', { headers: [['x-death', Buffer.from('2')]] }),
    arrival('a5', sent.messageId, { headers }),
    arrival('a2', 'm2', { isFirstDelivery: true }),
  ];
}
async function stored() {
  const { rows } = await stand.context.postgres.query<{
    message: string;
    attempts: number;
    revision: number;
  }>(
    `SELECT d.message_id AS message, d.revision,
       (SELECT count(*)::integer FROM dead_letter_attempts a WHERE a.dead_letter_id = d.id) AS attempts
     FROM dead_letters d JOIN dead_letter_payloads p ON p.dead_letter_id = d.id WHERE d.state = 'open'`,
  );
  return rows;
}

const attempts = (rows: Awaited<ReturnType<typeof stored>>) =>
  Object.fromEntries(rows.map((row) => [row.message, row.attempts]));

async function arrivalsStored(): Promise<Set<string>> {
  const { rows } = await knife.query<{ id: string }>('SELECT arrival_id AS id FROM dead_letter_attempts');
  return new Set(rows.map(({ id }) => id.replace(/#.*/, '')));
}

const clear = () => knife.query('TRUNCATE dead_letters, replays, dead_letter_sources CASCADE');

async function until(isSo: () => boolean): Promise<void> {
  const untilMs = performance.now() + 10_000;
  while (!isSo()) {
    if (performance.now() > untilMs) throw new Error('the queue was not emptied in ten seconds');
    await sleep(2);
  }
}

function tail(context: Context, reader: Transport): () => Promise<void> {
  return startIntake({ ...context, transports: { of: () => reader, close: () => Promise.resolve() } });
}

/** Answers false: the work was over before its step came. */
async function tailWithFault(at: number, fault: Fault): Promise<boolean> {
  await clear();
  const sent = await addSentLetter(knife, 'again');
  const queue = createQueue(deaths(sent));
  const process = failing(at, fault);
  const stop = tail(process.context, queue.reader(process.step));
  await until(() => queue.isEmpty() || (fault !== 'cut' && process.isThrough));
  await stop();
  const kept = await arrivalsStored();
  for (const id of queue.acknowledged) expect(kept, `acknowledged before it was stored`).toContain(id);
  const stopNext = tail(
    stand.context,
    queue.reader((work) => work()),
  );
  await until(queue.isEmpty);
  await stopNext();
  const where = `${fault} step ${at}`;
  const { m2, ...found } = attempts(await stored());
  expect(found, where).toEqual({ m1: 2, m3: 1, again: 1 });
  // Its second death differs by being no redelivery alone: in a batch that failed it looks like one.
  expect([1, 2], where).toContain(m2);
  const { rows } = await knife.query('SELECT state FROM replay_items');
  expect(rows, where).toEqual([{ state: 'refailed' }]);
  return process.isThrough;
}

describe('a fault at each step of intake', () => {
  for (const fault of ['before', 'after', 'cut'] as const)
    it(`leaves each message of a queue stored once, its deaths counted (${fault})`, async () => {
      let at = 1;
      while (await tailWithFault(at, fault)) at += 1;
      expect(at).toBeGreaterThan(20);
    });

  for (const fault of ['before', 'after', 'cut'] as const)
    it(`lets who hands in hand in again (${fault})`, async () => {
      const items = ['orders', 'invoices'].flatMap((flow) =>
        ['m1', 'm2'].map((messageId) => ({
          flow,
          messageId,
          body: bodyOf(messageId).toString(),
          bodyEncoding: 'utf8' as const,
          contentType: 'application/json',
          headers: [],
          failedAt: '2026-11-23T11:00:00.000Z',
          errorType: 'Timeout',
          errorMessage: '',
          stack: '',
          keys: [],
        })),
      );
      let isThrough = true;
      let at = 1;
      for (; isThrough; at += 1) {
        await clear();
        const process = failing(at, fault);
        await takeIn(process.context, plumbline, items).catch(() => undefined);
        isThrough = process.isThrough;
        const receipts = await takeIn({ ...stand.context, postgres: knife }, plumbline, items);
        expect(new Set(receipts.map(({ id }) => id)).size).toBe(4);
        expect((await stored()).map((row) => row.attempts)).toEqual([1, 1, 1, 1]);
      }
      expect(at).toBeGreaterThan(15);
    });
});

describe('two control planes that tail one queue', () => {
  it(
    'need no lease: of one arrival handed to both at once, one alone is a death',
    { timeout: 60_000 },
    async () => {
      for (let round = 0; round < 12; round += 1) {
        await clear();
        const sent = await addSentLetter(knife, 'again');
        const flow = stand.context.catalog.current().catalog.flows.find(({ name }) => name === 'orders');
        if (!flow) throw new Error('the catalog has a flow');
        const all = deaths(sent)
          .slice(0, 5)
          .map((each) => ({ ...each, isFirstDelivery: false }));
        const more = Array.from({ length: 40 }, (_, n) => arrival(`b${n}`, `n${n % 20}`));
        const batch = [...all, ...more].map((each) => ({ arrival: each }));
        const receipts = await Promise.all(
          [batch, batch.toReversed(), batch.slice(0, 20), batch.slice(10)].map((own) =>
            storeArrivals(stand.context, flow, 'broker:erp.orders.dead', own),
          ),
        );
        expect(receipts.flat().filter(({ id }) => id === '')).toEqual([]);
        const rows = await stored();
        expect(rows).toHaveLength(24);
        // A letter is opened again once for each death after its first: twice, and it was taken for two.
        for (const { message, revision, attempts: counted } of rows) {
          expect(counted).toBe({ m1: 2, m2: 1, m3: 1, again: 1 }[message] ?? 2);
          expect(revision, message).toBeLessThanOrEqual(message === 'again' ? 2 : counted);
        }
      }
    },
  );

  it('tail it together, and each death is counted once', async () => {
    await clear();
    const sent = await addSentLetter(knife, 'again');
    const many = Array.from({ length: 300 }, (_, n) =>
      arrival(`c${n}`, `n${n % 100}`, { headers: [['x-death', Buffer.from(String(n))]] }),
    );
    const queue = createQueue([...deaths(sent), ...many], 7);
    // One of them loses its connection after every fifth batch: what it held goes to the other.
    let nth = 0;
    const unsteady: Step = (work) =>
      (nth += 1) % 5 === 0 ? Promise.reject(new Error(randomUUID())) : work();
    const stops = [
      tail(stand.context, queue.reader(unsteady)),
      tail(
        stand.context,
        queue.reader((work) => work()),
      ),
    ];
    await until(queue.isEmpty);
    await Promise.all(stops.map((stop) => stop()));
    const found = attempts(await stored());
    expect(found).toMatchObject({ m1: 2, m3: 1, again: 1 });
    expect(
      Object.entries(found)
        .filter(([message]) => message.startsWith('n'))
        .map(([, n]) => n),
    ).toEqual(Array.from({ length: 100 }, () => 3));
  });
});
