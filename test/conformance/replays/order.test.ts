import { setTimeout as sleep } from 'node:timers/promises';
import type { ReplayEngine } from '@plumbline/control-plane/replays/engine/engine.ts';
import type { ReplayItem } from '@plumbline/control-plane/replays/schemas.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { addLetters, type Letter } from './letters.ts';
import { openReplayStand, type ReplayStand } from './replay-stand.ts';

let stand: ReplayStand;
let engine: ReplayEngine | undefined;

beforeAll(async () => {
  stand = await openReplayStand({ approvalAbove: 1000, perSecond: 10_000, stages: [], confirmWithin: '5m' });
});
beforeEach(async () => {
  await stand.clear();
  engine = stand.startEngine();
});
afterEach(async () => {
  expect(await stand.conserved()).toBe(true);
  await engine?.stop();
});
afterAll(() => stand.close());

const idsOf = (letters: readonly (Letter | undefined)[]) => letters.flatMap((letter) => letter?.id ?? []);
const start = async (letters: readonly (Letter | undefined)[], more: object = {}) => {
  const { id } = await stand.preview({ filter: { ids: idsOf(letters) }, ...more });
  expect((await stand.decide(id, 'start')).status).toBe(200);
  return id;
};
const confirm = (letter: Letter | undefined) => stand.telemetry.tell(letter?.messageId ?? '', 'delivered');

test('while a message of a key is under way in one replay, no other replay sends one of that key', async () => {
  const [first, second] = await addLetters(stand.context.postgres, 2, { perKey: 2 });
  const a = await start([first]);
  await stand.until(a, ({ counts }) => counts.awaitingConfirmation === 1);
  const b = await start([second]);
  await sleep(700);
  expect(stand.memory.ids()).toEqual([first?.messageId]);
  confirm(first);
  await stand.until(b, ({ counts }) => counts.awaitingConfirmation === 1);
  confirm(second);
  await stand.until(b, ({ state }) => state === 'finished');
});

test('each message that waits says for what: another replay, or the message before it in this one', async () => {
  const letters = await addLetters(stand.context.postgres, 3, { perKey: 3 });
  const a = await start([letters[0]]);
  await stand.until(a, ({ counts }) => counts.awaitingConfirmation === 1);
  const b = await start(letters.slice(1));
  const waits = async () => {
    const { body } = await stand.ask('GET', `/replays/${b}/items`, { token: stand.operator });
    return (body as { items: ReplayItem[] }).items.map(({ waitsFor }) => waitsFor);
  };
  const behindA = { replayId: a, position: null };
  expect(await waits()).toEqual([behindA, behindA]);
  confirm(letters[0]);
  await stand.until(b, ({ counts }) => counts.awaitingConfirmation === 1);
  expect(await waits()).toEqual([null, { replayId: b, position: 0 }]);
  confirm(letters[1]);
  await stand.until(b, ({ counts }) => counts.confirmed === 1 && counts.awaitingConfirmation === 1);
  expect(await waits()).toEqual([null, null]);
  confirm(letters[2]);
  await stand.until(b, ({ state }) => state === 'finished');
});

test('a newer message waits for an older one that another replay has yet to send; other keys go on', async () => {
  const letters = await addLetters(stand.context.postgres, 4, { perKey: 2 });
  const [canary, free, older, newer] = letters;
  const a = await start([canary, older], { stages: [1] });
  await stand.until(a, ({ counts }) => counts.awaitingConfirmation === 1);
  const b = await start([newer]);
  const c = await addLetters(stand.context.postgres, 1);
  await start(c);
  await stand.until(b, ({ counts }) => counts.pending === 1);
  await sleep(700);
  expect(stand.memory.ids()).toEqual([canary?.messageId, c[0]?.messageId]);
  confirm(canary);
  await stand.until(a, ({ counts }) => counts.confirmed === 1 && counts.awaitingConfirmation === 1);
  confirm(older);
  await stand.until(b, ({ counts }) => counts.awaitingConfirmation === 1);
  expect(stand.memory.ids().slice(2)).toEqual([older?.messageId, newer?.messageId]);
  expect(free).toBeDefined();
});

test('behind a replay that stands still a message is left out, and the reason names that replay', async () => {
  const [canary, , older, newer] = await addLetters(stand.context.postgres, 4, { perKey: 2 });
  const a = await start([canary, older], { stages: [1] });
  await stand.until(a, ({ counts }) => counts.awaitingConfirmation === 1);
  await stand.decide(a, 'pause');
  const b = await start([newer]);
  const done = await stand.until(b, ({ state }) => state === 'finished');
  expect(done.counts.skipped).toBe(1);
  const items = await stand.ask('GET', `/replays/${b}/items`, { token: stand.operator });
  expect(items.body).toMatchObject({
    items: [{ reason: `an older message of its key waits in replay ${a}` }],
  });
  await stand.decide(a, 'cancel');
  const again = await start([newer]);
  await stand.until(again, ({ counts }) => counts.awaitingConfirmation === 1);
});

test('a preview says which messages would go before an older one of their key', async () => {
  const [older, newer, other] = await addLetters(stand.context.postgres, 3, { perKey: 2 });
  const alone = await stand.preview({ filter: { ids: idsOf([newer, other]) } });
  expect(alone.preview.outOfOrder).toEqual({
    count: 1,
    examined: 2,
    samples: [{ deadLetterId: newer?.id, key: newer?.key, after: older?.messageId }],
  });
  expect(alone.preview.warnings.join()).toContain('1 come after an older message of their key');
  const both = await stand.preview({ filter: { ids: idsOf([older, newer]) } });
  expect(both.preview.outOfOrder?.count).toBe(0);
});

test('two replays with the same keys the other way round both come to their end', async () => {
  stand.memory.answer((message) => {
    stand.telemetry.tell(message.messageId, 'delivered');
    return { kind: 'accepted', position: null };
  });
  const letters = await addLetters(stand.context.postgres, 80, { perKey: 4 });
  const odd = letters.filter((_, index) => index % 2 === 1);
  const even = letters.filter((_, index) => index % 2 === 0);
  await engine?.stop();
  const ids = [await start(odd, { stages: [1, 5] }), await start(even, { stages: [2, 3] })];
  engine = stand.startEngine();
  for (const id of ids)
    await stand.until(id, ({ state, counts }) => state === 'finished' && counts.confirmed === 40);
  const sent = stand.memory.ids();
  for (let key = 0; key < 20; key += 1) {
    const own = letters.slice(key * 4, key * 4 + 4).map(({ messageId }) => messageId);
    expect(sent.filter((id) => own.includes(id))).toEqual(own);
  }
});
