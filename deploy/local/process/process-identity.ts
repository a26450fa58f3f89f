import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What tells one process from another that was given the same number later; undefined when it is gone. */
export const startMarkOf = async (pid: number): Promise<string | undefined> => {
  if (process.platform === 'linux') {
    const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    const fields = status?.slice(status.lastIndexOf(')') + 2).split(' ');
    return fields === undefined || fields[0] === 'Z' ? undefined : fields[19];
  }
  const listed = await run('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => undefined);
  return listed?.stdout.trim() || undefined;
};

/** The command line of a process; undefined when it is gone. */
export const commandOf = async (pid: number): Promise<string | undefined> => {
  const listed = await run('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).catch(() => undefined);
  if (listed) return listed.stdout.trim() || undefined;
  if (process.platform !== 'linux') return undefined;
  const raw = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  return raw?.replaceAll('\0', ' ').trim() || undefined;
};

/** Waits until a process is gone; false when it still lives after `msMax`. */
export const waitUntilGone = async (pid: number, msMax: number): Promise<boolean> => {
  const deadline = performance.now() + msMax;
  while (performance.now() < deadline) {
    if ((await startMarkOf(pid)) === undefined) return true;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return false;
};

/** Sends a signal; a process that is gone already is no error. */
export const signalProcess = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH')) throw thrown;
  }
};
