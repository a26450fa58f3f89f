import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { startMarkOf } from './process-identity.ts';

type Holder = { pid: number; startMark: string };

const parseHolder = (text: string): Holder | undefined => {
  const [pid, startMark] = text.trim().split(' ');
  return pid !== undefined && startMark !== undefined ? { pid: Number(pid), startMark } : undefined;
};

const isAlive = async (holder: Holder): Promise<boolean> =>
  (await startMarkOf(holder.pid)) === holder.startMark;

const create = async (file: string): Promise<boolean> => {
  try {
    const handle = await open(file, 'wx', 0o600);
    await handle.writeFile(`${process.pid} ${(await startMarkOf(process.pid)) ?? ''}\n`);
    await handle.close();
    return true;
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST') return false;
    throw thrown;
  }
};

/**
 * Takes a data directory for this process alone. The lock of a process that is gone is taken over; a number given
 * to another process since does not count as alive. Answers the release.
 */
export const lockDataDirectory = async (folder: string): Promise<() => Promise<void>> => {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((thrown: NodeJS.ErrnoException) => {
    throw new Error(
      `The data directory ${folder} cannot be created (${thrown.code ?? thrown.message}): choose another with PLUMBLINE_DATA_DIR.`,
      { cause: thrown },
    );
  });
  const file = path.join(folder, 'plumbline.lock');
  for (let attempt = 0; attempt < 5; attempt++) {
    if (await create(file)) return () => rm(file, { force: true });
    const text = await readFile(file, 'utf8').catch(() => '');
    const holder = parseHolder(text);
    if (holder && (await isAlive(holder))) {
      throw new Error(
        `The data directory ${folder} is in use by process ${holder.pid}: stop it, or choose another with PLUMBLINE_DATA_DIR.`,
      );
    }
    // Renaming lets one of two starts take the stale lock away; an empty file may be one being written just now.
    if (!holder) await new Promise((resolve) => setTimeout(resolve, 200));
    const aside = `${file}.stale-${process.pid}`;
    await rename(file, aside).catch(() => undefined);
    await rm(aside, { force: true });
  }
  throw new Error(`The data directory ${folder} could not be locked: another start is under way.`);
};
