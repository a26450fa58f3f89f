import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The user PostgreSQL runs as; undefined when it is the user of this process. */
export type Owner = { uid: number; gid: number; name: string } | undefined;

const userName = 'postgres';

const lookUp = async (): Promise<Owner> => {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', userName]), run('id', ['-g', userName])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout), name: userName };
  } catch {
    return undefined;
  }
};

const create = async (): Promise<Owner> => {
  try {
    await run('useradd', [
      '--system',
      '--user-group',
      '--no-create-home',
      '--shell',
      '/usr/sbin/nologin',
      userName,
    ]);
  } catch (thrown) {
    // Two starts at once may both create it: what counts is that it is there.
    const found = await lookUp();
    if (found) return found;
    throw new Error(
      `PostgreSQL refuses to run as root, and the user ${userName} could not be created: run as a normal user, or set DATABASE_URL.`,
      {
        cause: thrown,
      },
    );
  }
  return lookUp();
};

/** PostgreSQL refuses to run as root: then it runs as the system user `postgres`, created when missing. */
export const findOwner = async (): Promise<Owner> => {
  if (process.getuid?.() !== 0) return undefined;
  return (await lookUp()) ?? (await create());
};

const mayEnter = (
  { mode, uid, gid }: { mode: number; uid: number; gid: number },
  owner: NonNullable<Owner>,
): boolean => {
  if (uid === owner.uid) return (mode & 0o100) !== 0;
  if (gid === owner.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
};

/** The first folder on the way to `target` that `owner` may not enter; undefined when the way is open. */
export const closedFolder = async (target: string, owner: Owner): Promise<string | undefined> => {
  if (!owner) return undefined;
  const parts = path.resolve(target).split(path.sep).slice(1, -1);
  for (let depth = 0; depth <= parts.length; depth++) {
    const folder = path.join(path.sep, ...parts.slice(0, depth));
    const found = await stat(folder).catch(() => undefined);
    if (found && !mayEnter(found, owner)) return folder;
  }
  return undefined;
};
