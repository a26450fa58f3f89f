import { beforeEach, describe, expect, test } from 'vitest';
import { createFaultPlan, type FaultPlan } from '../business/faults.ts';
import type { ManifestEntry } from '../business/manifest.ts';
import { createControl } from './control.ts';
import { createMemoryInbox } from './memory-inbox.ts';

const nowMs = Date.UTC(2026, 9, 20, 12);
let faults: FaultPlan;
let noted: ManifestEntry[];
let app: ReturnType<typeof createControl>;

beforeEach(() => {
  faults = createFaultPlan(1, new Set());
  noted = [];
  const note = (entry: ManifestEntry): void => void noted.push(entry);
  app = createControl({
    faults,
    note,
    latest: () => noted,
    now: () => nowMs,
    inbox: createMemoryInbox(true),
    burst: (flow, count) =>
      count > 500 ? undefined : Array.from({ length: count }, (_, index) => `${flow}.${index}`),
  });
});

function post(body: unknown, type = 'application/json'): Promise<Response> {
  return Promise.resolve(
    app.request('/faults', { method: 'POST', headers: { 'content-type': type }, body: JSON.stringify(body) }),
  );
}

describe('POST /faults', () => {
  test('opens a window and writes it into the manifest', async () => {
    const response = await post({ kind: 'consumer-down', flow: 'erp-release-to-wms', minutes: 5 });
    expect(response.status).toBe(201);
    expect(faults.windowAt('consumer-down', 'erp-release-to-wms', nowMs + 299_000)).toBeDefined();
    expect(faults.windowAt('consumer-down', 'erp-release-to-wms', nowMs + 301_000)).toBeUndefined();
    expect(noted).toMatchObject([{ kind: 'consumer-down', flow: 'erp-release-to-wms', scope: 'window' }]);
    expect((await (await app.request('/manifest')).text()).trim().split('\n')).toHaveLength(1);
  });

  test('strikes as many messages of the flow as asked, and those for good', async () => {
    await post({ kind: 'poison-message', flow: 'shop-order-to-erp', count: 2 });
    const chosen = (id: string): boolean => faults.chosen('poison-message', id);
    expect(chosen('erp-release-to-wms.1')).toBe(false);
    expect(['shop-order-to-erp.1', 'shop-order-to-erp.2', 'shop-order-to-erp.3'].map(chosen)).toEqual([
      true,
      true,
      false,
    ]);
    expect(chosen('shop-order-to-erp.1')).toBe(true);
  });

  test('puts a burst on the flow and names its messages', async () => {
    const response = await post({ kind: 'outage', flow: 'shop-order-to-erp', minutes: 1, burst: 400 });
    expect(response.status).toBe(201);
    const { messageIds } = (await response.json()) as { messageIds: string[] };
    expect(new Set(messageIds).size).toBe(400);
    expect(faults.windowAt('outage', 'shop-order-to-erp', nowMs + 59_000)).toBeDefined();
  });

  test('says when there are no numbers left for a burst, and breaks nothing then', async () => {
    const response = await post({ kind: 'outage', flow: 'shop-order-to-erp', burst: 501 });
    expect(response.status).toBe(409);
    expect(noted).toEqual([]);
  });

  test.each([
    [{ kind: 'poison-message', burst: 5 }, 'application/json', 400],
    [{ kind: 'gremlins' }, 'application/json', 400],
    [{ kind: 'consumer-down', flow: 'no-such-flow' }, 'application/json', 400],
    [{ kind: 'consumer-down', flow: 'erp-release-to-wms', minutes: 1e9 }, 'application/json', 400],
    [{ kind: 'lost-event' }, 'text/plain', 415],
  ])('refuses %j as %s', async (body, type, status) => {
    expect((await post(body, type)).status).toBe(status);
    expect(noted).toEqual([]);
  });
});
