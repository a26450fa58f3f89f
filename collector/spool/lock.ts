import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const takeoverMs = 50;

export type LockResult = { ok: true; release: () => Promise<void> } | { ok: false; error: string };

/** When the process started, in clock ticks since boot; tells a recycled pid from the one that took the lock. */
async function startTicks(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function holderIsGone(content: string): Promise<boolean> {
  const [pidText = '', ticks = ''] = content.trim().split(' ');
  const pid = Number(pidText);
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return true;
  const present = await startTicks(pid);
  return ticks !== '' && present !== undefined && present !== ticks;
}

async function tryLink(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** A lock that is not there is not stale: who removes it might remove the one that comes next. */
async function isStale(path: string): Promise<boolean> {
  const content = await readFile(path, 'utf8').catch(() => undefined);
  return content !== undefined && holderIsGone(content);
}

/**
 * Removes the lock of a process that is gone. Only one start at a time may: another that had read the stale lock as well
 * would otherwise remove the fresh one that was put in its place.
 */
async function removeStale(own: string, path: string): Promise<void> {
  const takeover = `${path}.takeover`;
  if (!(await tryLink(own, takeover))) {
    await sleep(takeoverMs);
    if (await isStale(takeover)) await rm(takeover, { force: true });
    return;
  }
  try {
    if (await isStale(path)) await rm(path, { force: true });
  } finally {
    await rm(takeover, { force: true });
  }
}

/**
 * Takes the spool for this process alone: two writers would reuse segment numbers, and with them deduplication
 * tokens. The lock of a process that is gone is taken over.
 */
export async function takeLock(directory: string): Promise<LockResult> {
  const path = join(directory, 'lock');
  const own = join(directory, `lock.${process.pid}`);
  await writeFile(own, `${process.pid} ${(await startTicks(process.pid)) ?? ''}\n`);
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      if (await tryLink(own, path)) return { ok: true, release: () => rm(path, { force: true }) };
      const content = await readFile(path, 'utf8').catch(() => '');
      if (!(await holderIsGone(content))) {
        const error = `Another collector (pid ${content.split(' ')[0]}) uses the spool ${directory}: stop it, or give this one its own PLUMBLINE_SPOOL_DIR.`;
        return { ok: false, error };
      }
      await removeStale(own, path);
    }
    return {
      ok: false,
      error: `The lock of the spool ${directory} changes hands too fast: start one collector only.`,
    };
  } finally {
    await rm(own, { force: true });
  }
}
