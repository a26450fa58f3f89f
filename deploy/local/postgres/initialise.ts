import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, open, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { PostgresHome } from './home.ts';

const run = promisify(execFile);

export const superuser = 'plumbline';

/** The password in `file`, made at random and kept readable to its owner alone when there is none yet. */
export const ensurePassword = async (file: string): Promise<string> => {
  const found = await readFile(file, 'utf8').catch(() => '');
  if (found.trim() !== '') return found.trim();
  const password = randomBytes(24).toString('base64url');
  const handle = await open(file, 'w', 0o600);
  try {
    await handle.writeFile(`${password}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return password;
};

const asOwner = (home: PostgresHome) => (home.owner ? { uid: home.owner.uid, gid: home.owner.gid } : {});

const explain = (thrown: unknown, home: PostgresHome): Error => {
  const output = thrown instanceof Error && 'stderr' in thrown ? String(thrown.stderr) : String(thrown);
  const reason =
    output
      .trim()
      .split('\n')
      .findLast((line) => /error|fatal|could not/i.test(line)) ?? output.trim().slice(0, 300);
  return new Error(`PostgreSQL could not create its data in ${home.data}: ${reason.trim()}`, {
    cause: thrown,
  });
};

// initdb leaves PG_VERSION early; only this mark says that it came to its end.
const markOf = (home: PostgresHome): string => path.join(home.data, 'plumbline-initialised');

const createCluster = async (home: PostgresHome, password: string): Promise<void> => {
  for (const entry of await readdir(home.data))
    await rm(path.join(home.data, entry), { recursive: true, force: true });
  const passwordFile = `${home.data}.password`;
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  try {
    if (home.owner) await chown(passwordFile, home.owner.uid, home.owner.gid);
    const options = [
      '--auth=scram-sha-256',
      `--username=${superuser}`,
      `--pwfile=${passwordFile}`,
      '--encoding=UTF8',
      '--data-checksums',
    ];
    const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
    await run(home.binaries.initdb, [`--pgdata=${home.data}`, ...options, ...locale], {
      ...asOwner(home),
      cwd: home.data,
      env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' },
    });
    await writeFile(markOf(home), '');
  } catch (thrown) {
    throw explain(thrown, home);
  } finally {
    await rm(passwordFile, { force: true });
  }
};

/** Creates the cluster with a password when there is none, or when an earlier attempt was cut short. */
export const initialiseCluster = async (home: PostgresHome, password: string): Promise<boolean> => {
  const isComplete = await stat(markOf(home)).then(
    () => true,
    () => false,
  );
  if (!isComplete) await createCluster(home, password);
  return !isComplete;
};
