import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLog } from '../log.ts';
import { recordHeadBytes } from './segment-format.ts';
import { Spool } from './spool.ts';

const limits = { rowsPerSegmentMax: 1000, bytesPerSegmentMax: 1e6, bytesTotalMax: 1e9 };
const payloads = ['first block', 'second block', 'third block'];
const rowsOf = [1, 20, 300];

let directory: string;
let lines: string[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'plumbline-spool-'));
  lines = [];
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const open = () =>
  Spool.open(
    directory,
    limits,
    createLog(
      () => 0,
      (line) => lines.push(line),
    ),
  );

/** Three records in one segment, acknowledged, and the collector gone. */
async function fill(): Promise<string> {
  const spool = await open();
  for (const [index, text] of payloads.entries()) {
    const rows = rowsOf[index] ?? 0;
    const record = { table: 'otel_logs' as const, columns: ['Body'], payload: [Buffer.from(text)] };
    await spool.commit([{ ...record, rows, received: rows }], {});
  }
  await spool.close();
  const [name = ''] = await readdir(join(directory, 'segments'));
  return join(directory, 'segments', name);
}

async function flip(file: string, at: (bytes: Buffer) => number): Promise<void> {
  const bytes = await readFile(file);
  const index = at(bytes);
  bytes[index] = (bytes[index] ?? 0) ^ 0x10;
  await writeFile(file, bytes);
}

function expectBalance(spool: Spool): void {
  const { received, stored, rejected, quarantined, spooled } = spool.stats().logs;
  expect(stored + rejected + quarantined + spooled).toBe(received);
  expect(received).toBe(321);
}

test('a block that the disk has changed is set aside and counted; those behind it are sent', async () => {
  await flip(await fill(), (bytes) => bytes.indexOf('second') + 2);
  // Twice: what is found at one start must not count again at the next.
  await (await open()).close();
  const spool = await open();
  expectBalance(spool);
  const segment = await spool.nextToLoad('otel_logs', () => false);
  if (!segment) throw new Error('nothing to load');
  expect((await spool.readPayloads(segment)).map(String)).toEqual(['first block', 'third block']);
  await spool.settle(segment, []);
  expect(spool.stats().logs).toMatchObject({ received: 321, stored: 301, quarantined: 20, spooled: 0 });
  await spool.close();
  const [kept = ''] = await readdir(join(directory, 'quarantine'));
  expect(kept).toMatch(/\.damaged$/);
  expect((await readFile(join(directory, 'quarantine', kept))).subarray(recordHeadBytes)).toHaveLength(12);
  expect(lines.join('\n')).toContain('"error"');
  const again = await open();
  expectBalance(again);
  await again.close();
});

test('a torn end is cut off, whatever it looks like, and what stands before it is sent', async () => {
  const file = await fill();
  const whole = await readFile(file);
  for (let cut = 1; cut < recordHeadBytes + 11; cut += 1) {
    await writeFile(file, whole.subarray(0, whole.length - cut));
    const spool = await open();
    expect(spool.stats().logs).toMatchObject({ received: 21, spooled: 21 });
    await spool.close();
    await writeFile(file, whole);
  }
});
