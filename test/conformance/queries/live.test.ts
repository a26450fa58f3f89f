import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Trace } from '@plumbline/control-plane/traces/schemas.ts';
import { CollectorProcess } from '../otlp/stand.ts';
import { smallCatalog } from './dataset.ts';
import { openApiStand, type ApiStand } from './stand.ts';

const visibleMsMax = 2000;

let directory: string;
let api: ApiStand;
let collector: CollectorProcess;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'plumbline-queries-'));
  api = await openApiStand({ directory, catalog: smallCatalog(), apiPort: 25_003 });
  collector = new CollectorProcess(25_004, {
    CLICKHOUSE_URL: api.engines.clickhouseUrl,
    PLUMBLINE_SPOOL_DIR: path.join(directory, 'spool'),
  });
  await collector.start();
});
afterAll(async () => {
  await collector?.end('SIGTERM');
  await api?.close();
  await rm(directory, { recursive: true, force: true });
});

function requestOf(traceId: string): string {
  const startNs = BigInt(Date.now()) * 1_000_000n;
  const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const span = {
    traceId,
    spanId: 'cd'.repeat(8),
    name: 'process orders-to-erp',
    kind: 5,
    startTimeUnixNano: String(startNs),
    endTimeUnixNano: String(startNs + 5_000_000n),
    attributes: [
      attribute('messaging.destination.name', 'orders-to-erp'),
      attribute('business.key', 'order:SO-7777'),
    ],
  };
  const resource = { attributes: [attribute('service.name', 'erp-api')] };
  return JSON.stringify({
    resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'test' }, spans: [span] }] }],
  });
}

/** Milliseconds from the acknowledgement until the API shows the trace. */
async function untilVisible(traceId: string): Promise<number> {
  const accepted = await collector.post('/v1/traces', requestOf(traceId), {
    'content-type': 'application/json',
  });
  expect(accepted.status).toBe(200);
  const startedMs = performance.now();
  for (;;) {
    const { status, body } = await api.get<Trace>(`/traces/${traceId}`);
    const elapsedMs = performance.now() - startedMs;
    if (status === 200) {
      expect(body.spans[0]).toMatchObject({ flow: 'orders-to-erp', keys: ['order:SO-7777'] });
      return elapsedMs;
    }
    if (elapsedMs > 10 * visibleMsMax) return elapsedMs;
    await sleep(20);
  }
}

it('shows a span soon after the collector took it', async () => {
  await untilVisible('1'.repeat(32));
  const elapsedMs = [];
  for (let digit = 2; digit < 7; digit += 1) elapsedMs.push(await untilVisible(String(digit).repeat(32)));
  expect(elapsedMs.sort((a, b) => a - b)[2]).toBeLessThan(visibleMsMax);
});
