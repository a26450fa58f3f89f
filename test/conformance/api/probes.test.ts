import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ProbeDetail, ProbeList } from '@plumbline/control-plane/probes/schemas.ts';
import { probeAttribute, probeService } from '@plumbline/model/telemetry/probe-attributes.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { span } from '../derivation/store.ts';
import { openStand, type Stand } from './stand.ts';

const probe = (name: string) => `
apiVersion: plumbline/v1
kind: Probe
metadata: { name: ${name}, displayName: 'The ${name}' }
spec: { system: erp, every: 1m, check: { kind: tcp, host: erp.test, port: 443 } }
`;
const minuteMs = 60_000;
let directory = '';
let stand: Stand;
let token = '';

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'plumbline-probes-'));
  await writeFile(path.join(directory, 'a.yaml'), 'systems: [{ name: erp, title: ERP, owner: it }]');
  await writeFile(path.join(directory, 'b.yaml'), ['well', 'ill', 'quiet', 'new'].map(probe).join('---'));
  stand = await openStand(directory);
  token = await stand.tokenOf('viewer');
  await stand.context.clickHouse.insert({
    table: 'otel_traces',
    values: [
      run('well', 2, 'passed', { duration: 0.012 }),
      run('well', 1, 'passed', { duration: 0.034 }),
      run('ill', 2, 'passed'),
      run('ill', 1, 'failed', {}, 'nobody listens'),
      run('quiet', 30, 'passed'),
      // A service that calls itself something else tells nothing of probes.
      { ...run('new', 1, 'passed'), ServiceName: 'erp' },
    ],
    format: 'JSONEachRow',
  });
});
afterAll(async () => {
  await stand.close();
  await rm(directory, { recursive: true, force: true });
});

function run(
  name: string,
  minutesAgo: number,
  outcome: string,
  measures: Record<string, number> = {},
  why = '',
) {
  const at = new Date(stand.clock.now.getTime() - minutesAgo * minuteMs);
  return span({
    Timestamp: at.toISOString().replace('T', ' ').replace('Z', '000000'),
    TraceId: `${name}-${minutesAgo}`,
    SpanName: `probe ${name}`,
    SpanKind: 'Internal',
    ServiceName: probeService,
    Duration: minutesAgo * 1_000_000,
    SpanAttributes: {
      [probeAttribute.name]: name,
      [probeAttribute.outcome]: outcome,
      [probeAttribute.why]: why,
      ...Object.fromEntries(
        Object.entries(measures).map(([key, value]) => [probeAttribute.measure + key, String(value)]),
      ),
    },
  });
}

test('each probe of the catalog says how it is, with its newest run and how often it passed', async () => {
  const { body, status } = await stand.ask('GET', '/probes?from=now-1h&to=now', { token });
  expect(status).toBe(200);
  const { items } = body as ProbeList;
  expect(items.map(({ name, state, runs, passed }) => [name, state, runs, passed])).toEqual([
    ['ill', 'failing', 2, 1],
    ['new', 'never', 0, 0],
    ['quiet', 'silent', 1, 1],
    ['well', 'passing', 2, 2],
  ]);
  expect(items[0]?.last).toMatchObject({ outcome: 'failed', why: 'nobody listens', durationMs: 1 });
  expect(items[3]?.last?.measures).toEqual({ duration: 0.034 });
  expect(items[1]).toMatchObject({ last: null, durationP95Ms: null, title: 'The new', everyMs: minuteMs });
});

test('one probe shows its runs of the range, the newest first', async () => {
  const { body } = await stand.ask('GET', '/probes/ill?from=now-1h&to=now', { token });
  const { runs } = body as ProbeDetail;
  expect(runs.map(({ traceId, outcome }) => [traceId, outcome])).toEqual([
    ['ill-1', 'failed'],
    ['ill-2', 'passed'],
  ]);
  expect((await stand.ask('GET', '/probes/none', { token })).status).toBe(404);
});
