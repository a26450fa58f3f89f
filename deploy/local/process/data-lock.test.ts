import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockDataDirectory } from './data-lock.ts';

let folder: string;
const lockFile = () => path.join(folder, 'plumbline.lock');

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'plumbline-lock-'));
});
afterEach(async () => {
  await chmod(folder, 0o700);
  await rm(folder, { recursive: true, force: true });
});

it('is held by one, and free after its release', async () => {
  const release = await lockDataDirectory(folder);
  await expect(lockDataDirectory(folder)).rejects.toThrow(`is in use by process ${process.pid}`);
  await release();
  await (
    await lockDataDirectory(folder)
  )();
});

it.each(['', 'nonsense', '999999999 1', `${process.pid} 1`, '\0\0\0\0'])(
  'is taken over when it says %j, which names no living process',
  async (text) => {
    await writeFile(lockFile(), text);
    const release = await lockDataDirectory(folder);
    expect(await readFile(lockFile(), 'utf8')).toMatch(new RegExp(`^${process.pid} \\d+`));
    await release();
  },
);

it('goes to one of many that start at once over a stale lock', async () => {
  await writeFile(lockFile(), '999999999 1');
  const starts = await Promise.allSettled(Array.from({ length: 20 }, () => lockDataDirectory(folder)));
  expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

it.skipIf(process.getuid?.() === 0)('says what to do about a directory that cannot be written', async () => {
  await chmod(folder, 0o500);
  await expect(lockDataDirectory(folder)).rejects.toThrow(
    'cannot be written (EACCES): choose another with PLUMBLINE_DATA_DIR',
  );
});
