import { createHash } from 'node:crypto';
import { chmod, chown, cp, mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { findBinaries, type PostgresBinaries } from './binaries.ts';
import { closedFolder, findOwner, type Owner } from './owner.ts';

/** Where PostgreSQL's programs and data lie, and as whom it runs. */
export type PostgresHome = { binaries: PostgresBinaries; owner: Owner; data: string };

/** Open to the postgres user when the checkout lies in a closed folder, such as root's home. */
const openRoot = '/var/lib/plumbline';

const copyBinaries = async (binaries: PostgresBinaries): Promise<PostgresBinaries> => {
  const version = createHash('sha256').update(binaries.root).digest('hex').slice(0, 12);
  const root = path.join(openRoot, `postgres-${version}`);
  if (!(await stat(root).catch(() => undefined))) {
    const partial = `${root}.${process.pid}`;
    await cp(binaries.root, partial, { recursive: true, verbatimSymlinks: true });
    // Whoever renames first wins; the copy of a second start is the same and goes.
    await rename(partial, root).catch(() => rm(partial, { recursive: true, force: true }));
  }
  return { root, initdb: path.join(root, 'bin/initdb'), postgres: path.join(root, 'bin/postgres') };
};

/** Our own data directory may be walked through by the postgres user; what lies in it stays closed. */
const openWay = async (folder: string, owner: Owner): Promise<void> => {
  const found = await stat(folder).catch(() => undefined);
  if (owner && found && found.uid === process.getuid?.() && (found.mode & 0o011) !== 0o011)
    await chmod(folder, (found.mode & 0o777) | 0o011);
};

const dataFolder = async (wanted: string, owner: Owner): Promise<string> => {
  if ((await closedFolder(wanted, owner)) === undefined) return wanted;
  const name = createHash('sha256').update(path.resolve(wanted)).digest('hex').slice(0, 12);
  return path.join(openRoot, `data-${name}`);
};

/**
 * Settles programs, user and data folder. As root with a checkout or data directory that the postgres user cannot
 * enter, both live under /var/lib/plumbline instead; `note` is told where.
 */
export const preparePostgresHome = async (
  wanted: string,
  note: (sentence: string) => void,
): Promise<PostgresHome> => {
  const owner = await findOwner();
  const found = await findBinaries();
  const isClosed = (await closedFolder(found.postgres, owner)) !== undefined;
  await openWay(path.dirname(wanted), owner);
  const data = await dataFolder(wanted, owner);
  if (isClosed || data !== wanted) {
    await mkdir(openRoot, { recursive: true, mode: 0o755 });
    note(
      `PostgreSQL runs as user postgres, who may not enter this folder: its files lie under ${openRoot}, the data in ${data}.`,
    );
  }
  const binaries = isClosed ? await copyBinaries(found) : found;
  await mkdir(data, { recursive: true, mode: 0o700 });
  if (owner) await chown(data, owner.uid, owner.gid);
  return { binaries, owner, data };
};
