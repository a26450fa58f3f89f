import { describe, expect, test } from 'vitest';
import { burstOn, messagesOn } from '../business/burst.ts';
import { createFaultPlan } from '../business/faults.ts';
import type { ManifestEntry } from '../business/manifest.ts';
import { randomOf } from '../business/random.ts';
import { spoiled } from '../business/refusals.ts';
import { createBusiness } from '../business/simulate.ts';
import type { Message, Step } from '../business/types.ts';
import { createDesk } from './desk.ts';
import { createGateway } from './gateway.ts';
import { createMemoryInbox } from './memory-inbox.ts';
import { bodyOf, headersOf } from './wire.ts';

const flow = 'erp-availability-to-shop';

function open(once = true) {
  const steps: Step[] = [];
  const noted: ManifestEntry[] = [];
  const faults = createFaultPlan(1, new Set());
  const business = createBusiness({
    seed: 1,
    ratePerMinute: 1,
    faults,
    fromMs: Date.now(),
    emit: (step) => steps.push(step),
    note: (entry) => noted.push(entry),
  });
  const inbox = createMemoryInbox(once);
  const desk = createDesk(business, inbox, Date.now, new AbortController().signal);
  const app = createGateway(desk, (step) => steps.push(step), Date.now);
  const replay = async (message: Message, id = message.id): Promise<Response> =>
    app.request(`/systems/shop/inbox/${flow}`, {
      method: 'POST',
      headers: { ...headersOf(message, 4, Date.now(), `${message.id} send`), 'message-id': id },
      body: bodyOf(message),
    });
  return { steps, noted, faults, inbox, replay, app, business };
}

const [good] = messagesOn(flow, burstOn(flow, 1, ['74600001'], Date.now()));
if (!good) throw new Error('no message');
const bad = spoiled(good, randomOf(1, 'bad'));

describe('a replay', () => {
  test('takes effect once, however often it is sent', async () => {
    const { inbox, replay, steps } = open();
    const answers = await Promise.all([replay(good), replay(good), replay(good)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await inbox.totals([good.id])).toEqual({ messages: 1, delivered: 3, effects: 1, doubled: 0 });
    const outcomes = steps.flatMap((step) => (step.kind === 'attempted' ? [step.outcome] : []));
    expect(outcomes.sort()).toEqual(['delivered', 'discarded', 'discarded']);
  });

  test('takes effect each time where there is no inbox', async () => {
    const { inbox, replay } = open(false);
    await Promise.all([replay(good), replay(good)]);
    expect(await inbox.totals()).toMatchObject({ delivered: 2, effects: 2, doubled: 1 });
  });

  test('of a poisoned body fails again, and of the repaired one is taken under its new id', async () => {
    const { inbox, replay, steps, noted } = open();
    const refused = await replay(bad);
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({ title: 'SchemaError' });
    expect(steps.at(-1)).toMatchObject({ outcome: 'dead_lettered', attempt: 4, via: 'replay' });
    expect(noted.at(-1)).toMatchObject({
      messageId: bad.id,
      outcome: 'dead_lettered',
      operations: ['process'],
    });
    expect((await replay({ ...bad, body: good.body }, 'edited')).status).toBe(200);
    expect(steps.at(-1)).toMatchObject({ outcome: 'delivered', message: { id: 'edited', original: bad.id } });
    expect(await inbox.tallies([bad.id, 'edited'])).toEqual([
      { messageId: bad.id, deliveries: 1, effects: 0 },
      { messageId: 'edited', deliveries: 1, effects: 1 },
    ]);
  });

  test('fails in an outage and is taken after it', async () => {
    const { faults, replay, inbox } = open();
    const fromMs = Date.now();
    faults.add({ id: 'o', kind: 'outage', flow, fromMs, untilMs: fromMs + 700, strength: 1 });
    expect((await replay(good)).status).toBe(503);
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect((await replay(good)).status).toBe(200);
    expect(await inbox.totals([good.id])).toMatchObject({ delivered: 2, effects: 1 });
  });

  test('is not even looked at while the target is down', async () => {
    const { faults, replay, inbox } = open();
    const fromMs = Date.now();
    faults.add({ id: 'd', kind: 'consumer-down', flow, fromMs, untilMs: fromMs + 60_000, strength: 1 });
    expect((await replay(good)).status).toBe(503);
    expect(await inbox.totals()).toMatchObject({ messages: 0 });
  });

  test('reaches a flow of a broker by its destination, and nobody elsewhere', async () => {
    const { app } = open();
    const init = { method: 'POST', headers: headersOf(good, 1, 0, 's'), body: bodyOf(good) };
    expect((await app.request('/destinations/shop.availability', init)).status).toBe(200);
    expect((await app.request('/destinations/nowhere', init)).status).toBe(404);
    expect((await app.request(`/systems/erp/inbox/${flow}`, init)).status).toBe(404);
    expect((await app.request('/destinations/shop.availability', { ...init, body: '[]' })).status).toBe(400);
  });
});
