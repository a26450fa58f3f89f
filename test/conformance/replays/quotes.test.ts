import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { addLetters, type Letter } from './letters.ts';
import { openReplayStand, type ReplayStand } from './replay-stand.ts';

const secret = 'eva.meier@customer.example';
const body = (n: number) => JSON.stringify({ order: `SO-${n}`, quantity: 1, email: secret });

let stand: ReplayStand;
let viewer = '';

beforeAll(async () => {
  stand = await openReplayStand({ approvalAbove: 100, stages: [], perSecond: 10_000, haltRatio: 1 });
  viewer = await stand.tokenOf('viewer');
});
beforeEach(() => stand.clear());
afterAll(() => stand.close());

/** Every route on which a viewer meets what was said of letters and of their replay. */
async function routes(id: string, letters: readonly Letter[]): Promise<Record<string, string>> {
  const paths = [
    '/dead-letters?state=open,replaying,resolved',
    '/dead-letters/groups?state=open,replaying,resolved',
    ...letters.map((letter) => `/dead-letters/${letter.id}`),
    '/replays',
    `/replays/${id}`,
    `/replays/${id}/items`,
    `/replays/${id}/certificate`,
  ];
  const answers: Record<string, string> = {};
  for (const path of paths) {
    const { status, body: answer } = await stand.ask('GET', path, { token: viewer });
    expect([path, status]).toEqual([path, 200]);
    answers[path] = JSON.stringify(answer);
  }
  return answers;
}

async function replayed(answer: Parameters<ReplayStand['memory']['answer']>[0], state: string) {
  const letters = await addLetters(stand.context.postgres, 3, { body });
  const { id } = await stand.preview({ filter: { flow: 'orders' } });
  await stand.decide(id, 'start');
  stand.memory.answer(answer);
  const engine = stand.startEngine();
  await stand.until(id, ({ state: now, counts }) => now === state && counts.awaitingConfirmation === 0);
  await engine.stop();
  return { answers: await routes(id, letters), id };
}

test('no route shows what targets and consumers quote of masked fields', async () => {
  const { answers, id } = await replayed((message) => {
    if (message.messageId.endsWith('m1'))
      return { kind: 'refused', retryable: false, reason: `HTTP 422: {"email":"${secret}"} is no customer` };
    if (message.messageId.endsWith('m2'))
      return { kind: 'unknown', reason: `HTTP 500: lost ${secret.slice(0, 15)}` };
    stand.telemetry.tell(message.messageId, 'failed', null, `NoCustomer ${secret}`);
    return { kind: 'accepted', position: null };
  }, 'finished');
  expect(answers[`/replays/${id}/items`]).toContain('is no customer');
  expect(answers[`/replays/${id}/items`]).toContain('NoCustomer ••••••');
  expect(answers['/dead-letters/groups?state=open,replaying,resolved']).toContain('HTTP 422');
  for (const [path, answer] of Object.entries(answers))
    expect([path, answer.includes('eva.meier')]).toEqual([path, false]);
});

test('the sentence of a replay that halted does not show it either', async () => {
  const { answers, id } = await replayed(
    () => ({ kind: 'refused', retryable: true, reason: `HTTP 503: queue full at ${secret}` }),
    'halted',
  );
  expect(answers[`/replays/${id}`]).toContain('queue full at ••••••');
  for (const [path, answer] of Object.entries(answers))
    expect([path, answer.includes('eva.meier')]).toEqual([path, false]);
});
