import { spawn } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { openLogFile } from './process/log-file.ts';

const ignored = new Set(['node_modules', 'build', '.svelte-kit', 'test-results']);

/** Time of the newest file under a folder, in ms since 1970; 0 when there is none. */
const newestMs = async (folder: string): Promise<number> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const times = entries
    .filter((entry) => !ignored.has(entry.name) && !entry.name.endsWith('.test.ts'))
    .map(async (entry) => {
      const full = path.join(folder, entry.name);
      return entry.isDirectory() ? newestMs(full) : (await stat(full)).mtimeMs;
    });
  return Math.max(0, ...(await Promise.all(times)));
};

/** Why the console must be built; undefined when its build is newer than everything it is made from. */
export const reasonToBuild = async (root: string): Promise<string | undefined> => {
  const built = await stat(path.join(root, 'console/build/index.js')).catch(() => undefined);
  if (!built) return 'it has not been built yet';
  const newest = Math.max(
    await newestMs(path.join(root, 'console')),
    await newestMs(path.join(root, 'model/telemetry')),
  );
  return newest > built.mtimeMs ? 'its sources have changed' : undefined;
};

/** Builds the console; its output goes to `logFile`, the last lines of it into the error when it fails. */
export const buildConsole = (
  root: string,
  logFile: string,
  environment: Record<string, string | undefined>,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const log = openLogFile(logFile);
    const child = spawn('npm', ['run', 'build', '--workspace', 'console'], {
      cwd: root,
      env: { ...environment, NODE_ENV: 'production' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const tail: string[] = [];
    const take = (data: Buffer): void => {
      log.write(data.toString('utf8'));
      tail.push(
        ...data
          .toString('utf8')
          .split('\n')
          .filter((line) => line.trim() !== ''),
      );
      tail.splice(0, Math.max(0, tail.length - 15));
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', (thrown) =>
      reject(new Error(`The console could not be built, npm did not start: ${thrown.message}.`)),
    );
    child.once('close', (code) => {
      log.close();
      if (code === 0) resolve();
      else
        reject(
          new Error(
            `The console could not be built (exit code ${code}); the whole output is in ${logFile}:\n${tail.join('\n')}`,
          ),
        );
    });
  });
