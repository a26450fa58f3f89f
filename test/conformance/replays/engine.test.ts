import { setTimeout as sleep } from 'node:timers/promises';
import type { ReplayEngine } from '@plumbline/control-plane/replays/engine/engine.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { addLetters } from './letters.ts';
import { openReplayStand, type ReplayStand } from './replay-stand.ts';

let stand: ReplayStand;
let engine: ReplayEngine | undefined;

beforeAll(async () => {
  stand = await openReplayStand({
    approvalAbove: 1000,
    perSecond: 10_000,
    stages: [1, 3],
    confirmWithin: '5m',
  });
});
beforeEach(async () => {
  await stand.clear();
  stand.memory.answer(() => ({ kind: 'accepted', position: '7' }));
  stand.memory.slow(0);
  engine = stand.startEngine();
});
afterEach(async () => {
  expect(await stand.conserved()).toBe(true);
  await engine?.stop();
});
afterAll(() => stand.close());

const letterStates = async () => {
  const { rows } = await stand.context.postgres.query<{ state: string; count: number }>(
    'SELECT state, count(*)::integer AS count FROM dead_letters GROUP BY 1 ORDER BY 1',
  );
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
};
/** A destination whose consumer says at once what became of each message. */
const consume = (outcome: (id: string) => string | undefined) =>
  stand.memory.answer((message) => {
    const said = outcome(message.messageId);
    if (said !== undefined) stand.telemetry.tell(message.messageId, said);
    return { kind: 'accepted', position: '7' };
  });

test('canary, ramp and rest go out in order, each after the former is confirmed; letters are resolved with proof', async () => {
  const letters = await addLetters(stand.context.postgres, 20);
  const { id } = await stand.preview({ filter: { flow: 'orders' } });
  expect((await stand.decide(id, 'start')).status).toBe(200);
  await stand.until(id, ({ counts }) => counts.awaitingConfirmation === 1);
  await sleep(100);
  expect(stand.memory.ids()).toEqual([letters[0]?.messageId]);
  stand.telemetry.tell(letters[0]?.messageId ?? '', 'delivered');
  await stand.until(id, ({ counts }) => counts.awaitingConfirmation === 3);
  await sleep(100);
  expect(stand.memory.received).toHaveLength(4);
  consume(() => 'delivered');
  for (const { messageId } of letters.slice(1, 4)) stand.telemetry.tell(messageId, 'delivered');
  const done = await stand.until(id, ({ state }) => state === 'finished');
  expect(done.counts).toMatchObject({ confirmed: 20, pending: 0 });
  expect(stand.memory.ids()).toEqual(letters.map(({ messageId }) => messageId));
  expect(await letterStates()).toEqual({ resolved: 20 });
  const { rows } = await stand.context.postgres.query('SELECT settled_why FROM dead_letters LIMIT 1');
  expect(rows).toEqual([
    { settled_why: `Replay ${id} was confirmed by its consumer in trace ${'a'.repeat(32)}` },
  ]);
  const [first] = stand.memory.received;
  expect(first?.message.headers.map(([name, value]) => `${name}=${value.toString()}`)).toEqual([
    `plumbline-replay=${id}`,
    `plumbline-dead-letter=${letters[0]?.id}`,
    'plumbline-generation=1',
  ]);
});

test('a canary that fails halts the replay before anything else is sent', async () => {
  consume(() => 'dead_lettered');
  await addLetters(stand.context.postgres, 20);
  const { id } = await stand.preview({ filter: { flow: 'orders' } });
  await stand.decide(id, 'start');
  const halted = await stand.until(id, ({ state }) => state === 'halted');
  expect(halted.counts).toMatchObject({ refailed: 1, pending: 19 });
  expect(halted.haltedWhy).toContain('1 of 1');
  expect(stand.memory.received).toHaveLength(1);
  expect(await letterStates()).toEqual({ open: 20 });
  consume(() => 'delivered');
  await stand.decide(id, 'resume');
  const done = await stand.until(id, ({ state }) => state === 'finished');
  expect(done.counts).toMatchObject({ refailed: 1, confirmed: 19 });
});

test('messages of one key go one at a time, oldest first; other keys go on', async () => {
  const letters = await addLetters(stand.context.postgres, 6, { perKey: 3 });
  const { id } = await stand.preview({ filter: { flow: 'orders' }, stages: [] });
  await stand.decide(id, 'start');
  await stand.until(id, ({ counts }) => counts.awaitingConfirmation === 2);
  await sleep(100);
  expect(stand.memory.ids()).toEqual([letters[0]?.messageId, letters[3]?.messageId]);
  stand.telemetry.tell(letters[3]?.messageId ?? '', 'delivered');
  await stand.until(id, ({ counts }) => counts.confirmed === 1 && counts.awaitingConfirmation === 2);
  expect(stand.memory.ids()).toEqual([letters[0], letters[3], letters[4]].map((letter) => letter?.messageId));
  consume(() => 'delivered');
  for (const letter of [letters[0], letters[4]]) stand.telemetry.tell(letter?.messageId ?? '', 'delivered');
  await stand.until(id, ({ state }) => state === 'finished');
  expect(stand.memory.received).toHaveLength(6);
});

test('a message that comes back through the dead-letter queue frees its key', async () => {
  const letters = await addLetters(stand.context.postgres, 40, { perKey: 2 });
  consume((id) => (id === letters[0]?.messageId ? undefined : 'delivered'));
  const { id } = await stand.preview({ filter: { flow: 'orders' }, stages: [] });
  await stand.decide(id, 'start');
  await stand.until(id, ({ counts }) => counts.confirmed === 38 && counts.awaitingConfirmation === 1);
  // What intake does with an arrival that it knows.
  await stand.context.postgres.query(
    `UPDATE replay_items SET state = 'refailed', settled_at = now() WHERE position = 0`,
  );
  await stand.context.postgres.query(
    `UPDATE dead_letters SET state = 'open', replay_id = NULL WHERE id = $1`,
    [letters[0]?.id],
  );
  consume(() => 'delivered');
  const done = await stand.until(id, ({ state }) => state === 'finished');
  expect(done.counts).toMatchObject({ refailed: 1, confirmed: 39 });
});

test('a target that is away halts the replay and leaves every message as it was', async () => {
  stand.memory.answer(() => ({ kind: 'refused', reason: 'connect ECONNREFUSED', retryable: true }));
  await addLetters(stand.context.postgres, 5);
  const { id } = await stand.preview({ filter: { flow: 'orders' }, stages: [] });
  await stand.decide(id, 'start');
  const halted = await stand.until(id, ({ state }) => state === 'halted');
  expect(halted.haltedWhy).toContain('cannot be reached: connect ECONNREFUSED');
  expect(halted.counts).toMatchObject({ pending: 5 });
  expect(await letterStates()).toEqual({ open: 5 });
  consume(() => 'delivered');
  await stand.decide(id, 'resume');
  expect((await stand.until(id, ({ state }) => state === 'finished')).counts.confirmed).toBe(5);
  expect(stand.memory.received.map(({ message }) => message.deduplicationId.split(':')[1])).toEqual(
    Array(5).fill('1'),
  );
});

test('what was refused for good fails again with the reason, and can be replayed a second time', async () => {
  stand.memory.answer(() => ({ kind: 'refused', reason: 'HTTP 422: not an order', retryable: false }));
  const [letter] = await addLetters(stand.context.postgres, 1);
  const first = await stand.preview({ filter: { flow: 'orders' } });
  await stand.decide(first.id, 'start');
  await stand.until(first.id, ({ counts }) => counts.refailed === 1);
  const { rows } = await stand.context.postgres.query(
    `SELECT d.state, d.cause, a.generation, a.error_message, a.replay_id
     FROM dead_letters d JOIN dead_letter_attempts a ON a.dead_letter_id = d.id AND a.source = 'replay'`,
  );
  expect(rows).toEqual([
    {
      state: 'open',
      cause: 'HTTP 422: not an order',
      generation: 1,
      error_message: 'not an order',
      replay_id: first.id,
    },
  ]);
  consume(() => 'delivered');
  const second = await stand.preview({ filter: { ids: [letter?.id] } });
  await stand.decide(second.id, 'start');
  await stand.until(second.id, ({ counts }) => counts.confirmed === 1);
  expect(stand.memory.received.map(({ message }) => message.deduplicationId)).toEqual([
    `${letter?.messageId}:2`,
  ]);
});

test('an answer that is lost stays unknown until telemetry or a person knows, and holds the letter', async () => {
  stand.memory.answer(() => ({ kind: 'unknown', reason: 'the confirm was lost' }));
  const letters = await addLetters(stand.context.postgres, 2);
  const { id } = await stand.preview({ filter: { flow: 'orders' }, stages: [] });
  await stand.decide(id, 'start');
  await stand.until(id, ({ counts }) => counts.unknown === 2);
  expect(await letterStates()).toEqual({ replaying: 2 });
  stand.telemetry.tell(letters[0]?.messageId ?? '', 'delivered');
  await stand.until(id, ({ counts }) => counts.confirmed === 1);
  const verdict = { verdict: 'not_delivered', reason: 'looked in the ERP' };
  const told = () =>
    stand.ask('POST', `/replays/${id}/items/1/verdict`, { token: stand.operator, json: verdict });
  expect((await told()).body).toMatchObject({ counts: { confirmed: 1, refailed: 1, unknown: 0 } });
  expect((await told()).status).toBe(409);
  expect(await letterStates()).toEqual({ open: 1, resolved: 1 });
});

test('pause and cancel take effect within a second, in the midst of a slow batch', async () => {
  stand.memory.slow(20);
  await addLetters(stand.context.postgres, 500);
  const { id } = await stand.preview({ filter: { flow: 'orders' }, stages: [] });
  await stand.decide(id, 'start');
  while (stand.memory.received.length < 5) await sleep(5);
  await stand.decide(id, 'pause');
  const pausedMs = performance.now();
  await sleep(300);
  const sent = stand.memory.received.length;
  expect(stand.memory.received.at(-1)?.atMs).toBeLessThan(pausedMs + 250);
  await stand.until(id, ({ counts }) => counts.pending === 500 && counts.awaitingConfirmation === sent);
  await stand.decide(id, 'cancel');
  const after = await stand.until(id, ({ counts }) => counts.cancelled === 500 - sent);
  expect(after).toMatchObject({ state: 'cancelled', counts: { pending: sent } });
  expect(await letterStates()).toEqual({ open: 500 - sent, replaying: sent });
});

test('what succeeded or was superseded meanwhile is not sent', async () => {
  consume(() => 'delivered');
  const letters = await addLetters(stand.context.postgres, 3);
  const { id } = await stand.preview({ filter: { flow: 'orders' }, stages: [] });
  stand.telemetry.tell(letters[0]?.messageId ?? '', 'delivered');
  stand.telemetry.tell('a-newer-one', 'delivered', letters[1]?.key);
  await stand.decide(id, 'start');
  const done = await stand.until(id, ({ state }) => state === 'finished');
  expect(done.counts).toMatchObject({ skipped: 2, confirmed: 1 });
  expect(stand.memory.ids()).toEqual([letters[2]?.messageId]);
  const items = (await stand.ask('GET', `/replays/${id}/items?state=skipped`, { token: stand.operator }))
    .body;
  expect(items).toMatchObject({
    items: [{ reason: 'already delivered' }, { reason: 'superseded by a-newer-one' }],
  });
});

test('a message that failed three replays with one cause is quarantined, unless an engineer forces it', async () => {
  const [letter] = await addLetters(stand.context.postgres, 1);
  await stand.context.postgres.query('UPDATE dead_letters SET generation = 3');
  const { id } = await stand.preview({ filter: { flow: 'orders' } });
  await stand.decide(id, 'start');
  await stand.until(id, ({ counts }) => counts.skipped === 1);
  expect(await letterStates()).toEqual({ quarantined: 1 });
  consume(() => 'delivered');
  const force = { superseded: false, quarantined: true, reason: 'the mapping was mended' };
  const forced = await stand.preview({ filter: { ids: [letter?.id] }, force }, stand.engineer);
  expect((await stand.decide(forced.id, 'submit', stand.engineer)).status).toBe(200);
  const approval = { approvalHash: forced.approvalHash };
  expect((await stand.decide(forced.id, 'approve', stand.engineer, approval)).status).toBe(403);
  expect((await stand.decide(forced.id, 'approve', stand.operator, approval)).status).toBe(403);
  const other = await stand.tokenOf('engineer');
  expect((await stand.decide(forced.id, 'approve', other, approval)).status).toBe(200);
  await stand.until(forced.id, ({ counts }) => counts.confirmed === 1);
});

test('an edited message carries its own id and its origin; the letter closes when the edited one is confirmed', async () => {
  consume(() => 'delivered');
  const body = () => '{"order":"o","quantity":0,"big":12345678901234567890,"rate":1.10}';
  const [letter] = await addLetters(stand.context.postgres, 1, { body });
  const patch = [{ op: 'replace', path: '/quantity', value: 4 }];
  const { id } = await stand.preview({ filter: { ids: [letter?.id] }, patch, revision: 1 });
  await stand.decide(id, 'start');
  await stand.until(id, ({ state }) => state === 'finished');
  const message = stand.memory.received[0]?.message;
  expect(message?.body?.toString()).toBe('{"order":"o","quantity":4,"big":12345678901234567890,"rate":1.10}');
  expect(message?.messageId).toMatch(/^edit-[0-9a-f]{40}$/);
  expect(message?.headers.at(-1)?.map(String)).toEqual(['plumbline-original-message-id', letter?.messageId]);
  expect(await letterStates()).toEqual({ resolved: 1 });
});

test('a scheduled replay waits for its time', async () => {
  consume(() => 'delivered');
  await addLetters(stand.context.postgres, 1);
  const scheduledFor = new Date(stand.clock.now.getTime() + 60_000).toISOString();
  const { id } = await stand.preview({ filter: { flow: 'orders' }, scheduledFor });
  expect((await stand.decide(id, 'start')).body).toMatchObject({ state: 'scheduled' });
  await sleep(200);
  expect(stand.memory.received).toHaveLength(0);
  stand.pass(60_000);
  await stand.until(id, ({ state }) => state === 'finished');
});

test('fifty replays of the same letters at once: each letter is claimed once', async () => {
  consume(() => 'delivered');
  const letters = await addLetters(stand.context.postgres, 40);
  const ids = await Promise.all(
    Array.from({ length: 50 }, async (_, n) => {
      const one = { filter: { ids: [letters[n % 40]?.id] }, stages: [] };
      const edit = { ...one, patch: [{ op: 'replace', path: '/quantity', value: 2 }] };
      const replay = await stand.preview(
        n % 3 === 0 ? { filter: { flow: 'orders' }, stages: [] } : n % 3 === 1 ? one : edit,
      );
      return replay.id;
    }),
  );
  await Promise.all(ids.map((id) => stand.decide(id, 'start')));
  for (const id of ids) await stand.until(id, ({ state }) => state === 'finished');
  const origins = stand.memory.received.map(
    ({ message }) => message.headers.find(([name]) => name === 'plumbline-dead-letter')?.[1].toString() ?? '',
  );
  expect(origins.toSorted()).toEqual(letters.map(({ id }) => id).toSorted());
  expect(await letterStates()).toEqual({ resolved: 40 });
});
