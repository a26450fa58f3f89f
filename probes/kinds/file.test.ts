import { appendFileSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { probeOf } from '../probe-for-tests.ts';
import { runProbe, type ProbeRun } from '../run-probe.ts';
import { toolsForTests } from '../tools-for-tests.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'probes5-file-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const daily = { cron: '0 6 * * *', timeZone: 'UTC', grace: '30m' };

function write(name: string, text: string, at: string): void {
  writeFileSync(path.join(dir, name), text);
  utimesSync(path.join(dir, name), new Date(at), new Date(at));
}

function look(
  now: string | null,
  more: Record<string, unknown> = {},
  conditions: string[] = [],
): Promise<ProbeRun> {
  const check = { kind: 'file' as const, connection: 'drop', pattern: '*.csv', stableFor: '100ms', ...more };
  const connections = { drop: pathToFileURL(dir).href };
  const clock = now === null ? Date.now : () => Date.parse(now);
  return runProbe(probeOf(check, { conditions }), toolsForTests({ connections, now: clock })).run;
}

test('a file that is due and not there fails from the end of its grace on', async () => {
  write('orders.csv', 'a\nb\n', '2026-11-22T05:50:00Z');
  expect(await look('2026-11-23T06:29:00Z', { expected: daily })).toMatchObject({ outcome: 'passed' });
  expect(await look('2026-11-23T06:31:00Z', { expected: daily })).toMatchObject({
    outcome: 'failed',
    failedCondition: 'present',
    why: 'no file *.csv that was due at 2026-11-23T06:00:00.000Z is there',
  });
});

test('a late file mends its own day and not the next', async () => {
  write('orders.csv', 'a\n', '2026-11-23T06:45:00Z');
  expect((await look('2026-11-23T06:46:00Z', { expected: daily })).outcome).toBe('passed');
  expect((await look('2026-11-24T06:31:00Z', { expected: daily })).outcome).toBe('failed');
});

test('a dated name is looked for by its date', async () => {
  write('orders-20261122.csv', 'a\n', '2026-11-23T05:00:00Z');
  const asked = { pattern: 'orders-{yyyy}{MM}{dd}.csv', expected: daily };
  expect((await look('2026-11-23T07:00:00Z', asked)).why).toMatch(/^no file orders-20261123\.csv/);
  write('orders-20261123.csv', 'a\n', '2026-11-23T05:00:00Z');
  expect((await look('2026-11-23T07:00:00Z', asked)).outcome).toBe('passed');
});

test('an empty file fails unless it may be empty', async () => {
  write('orders.csv', '', '2026-11-23T05:00:00Z');
  expect(await look('2026-11-23T07:00:00Z')).toMatchObject({
    outcome: 'failed',
    failedCondition: 'size > 0B',
  });
  expect((await look('2026-11-23T07:00:00Z', { allowEmpty: true })).outcome).toBe('passed');
});

test('rows and size are measured of the newest file', async () => {
  write('old.csv', 'x\n'.repeat(9), '2026-11-22T05:00:00Z');
  write('new.csv', 'a\nb\nc', '2026-11-23T05:00:00Z');
  write('new.txt', '', '2026-11-23T06:00:00Z');
  const result = await look('2026-11-23T07:00:00Z', {}, [
    'rows >= 3 and rows <= 5',
    'age <= 2h',
    'count == 2',
  ]);
  expect(result).toMatchObject({ outcome: 'passed', measures: { rows: 3, size: 5, count: 2, age: 7200 } });
});

test('a file that is still being written is not stable', async () => {
  writeFileSync(path.join(dir, 'orders.csv'), 'a\n');
  const writing = setInterval(() => appendFileSync(path.join(dir, 'orders.csv'), 'b\n'), 20);
  try {
    expect(await look(null)).toMatchObject({ outcome: 'failed', why: 'orders.csv is still being written' });
  } finally {
    clearInterval(writing);
  }
});
