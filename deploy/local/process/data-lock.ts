import { mkdir, open, readFile, rm } from 'node:fs/promises';
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
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
    if (code === 'EEXIST') return false;
    throw new Error(
      `The data directory ${path.dirname(file)} cannot be written (${code}): choose another with PLUMBLINE_DATA_DIR or mend its owner.`,
      { cause: thrown },
    );
  }
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const read = (file: string): Promise<string | undefined> => readFile(file, 'utf8').catch(() => undefined);

/** A lock that is not there is not stale: who removes it might remove the one that comes next. */
const isStale = async (file: string): Promise<boolean> => {
  let text = await read(file);
  if (text === '') {
    // It may be one being written just now.
    await pause(200);
    text = await read(file);
  }
  if (text === undefined) return false;
  const holder = parseHolder(text);
  return !holder || !(await isAlive(holder));
};

/**
 * Removes the lock of a process that is gone. Only one start at a time may: another that had read the stale lock as well
 * would otherwise remove the fresh one that was put in its place.
 */
const removeStale = async (file: string): Promise<void> => {
  const takeover = `${file}.takeover`;
  if (!(await create(takeover))) {
    await pause(50);
    if (await isStale(takeover)) await rm(takeover, { force: true });
    return;
  }
  try {
    if (await isStale(file)) await rm(file, { force: true });
  } finally {
    await rm(takeover, { force: true });
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
    const holder = parseHolder((await read(file)) ?? '');
    if (holder && (await isAlive(holder))) {
      throw new Error(
        `The data directory ${folder} is in use by process ${holder.pid}: stop it, or choose another with PLUMBLINE_DATA_DIR.`,
      );
    }
    await removeStale(file);
  }
  throw new Error(`The data directory ${folder} could not be locked: another start is under way.`);
};
