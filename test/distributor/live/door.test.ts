import { Hono } from 'hono';
import { afterEach, expect, test } from 'vitest';
import { openDoor, type Door } from './door.ts';

let door: Door | undefined;
afterEach(() => door?.close());

test('answers with a sentence while the history is told, and with the business once it is live', async () => {
  const told: { hoursLeft?: number } = {};
  door = await openDoor(0, () => told.hoursLeft);
  const faults = `http://127.0.0.1:${door.port}/faults`;
  const ask = async () => {
    const response = await fetch(faults, { method: 'POST' });
    return { response, body: (await response.json()) as { detail?: string } };
  };
  const first = await ask();
  expect([first.response.status, first.response.headers.get('retry-after')]).toEqual([503, '5']);
  expect(first.body.detail).toContain('It has just begun.');
  told.hoursLeft = 67;
  expect((await ask()).body.detail).toContain('About 67 of its hours are left.');
  door.lead(new Hono().post('/faults', (c) => c.json({ kind: 'outage' }, 201)));
  expect(await ask()).toMatchObject({ response: { status: 201 }, body: { kind: 'outage' } });
});
