import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeLock } from './lock.ts';

const run = promisify(execFile);

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'plumbline-lock-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('a spool has one owner, until it is released', async () => {
  const first = await takeLock(directory);
  expect(first.ok).toBe(true);
  const second = await takeLock(directory);
  expect(second).toMatchObject({ ok: false });
  expect(second.ok ? '' : second.error).toContain(`pid ${process.pid}`);
  if (first.ok) await first.release();
  expect((await takeLock(directory)).ok).toBe(true);
});

test.each(['', 'nonsense', '999999999 1', `${process.pid} 1`, '\0\0\0\0'])(
  'a lock that says %j names no living process and is taken over',
  async (text) => {
    await writeFile(join(directory, 'lock'), text);
    expect((await takeLock(directory)).ok).toBe(true);
    expect(await readdir(directory)).toEqual(['lock']);
  },
);

/** A process of its own that waits for the instant, asks for the lock, says what it got and holds on for a while. */
function contender(atMs: number): Promise<string> {
  const code = `
    import { takeLock } from ${JSON.stringify(new URL('lock.ts', import.meta.url).href)};
    while (Date.now() < ${atMs});
    console.log((await takeLock(${JSON.stringify(directory)})).ok);
    await new Promise((resolve) => setTimeout(resolve, 1500));`;
  return run(process.execPath, ['--input-type=module', '-e', code]).then(({ stdout }) => stdout.trim());
}

test('of many processes that start at once over a stale lock one gets it', async () => {
  await writeFile(join(directory, 'lock'), '999999999 1');
  const atMs = Date.now() + 1500;
  const results = await Promise.all(Array.from({ length: 6 }, () => contender(atMs)));
  expect(results.toSorted()).toEqual([...Array.from({ length: 5 }, () => 'false'), 'true']);
}, 20_000);
