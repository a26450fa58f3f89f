import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const endsWithinMs = 30_000;

/** Asks a process to end, ends it when it does not in time, and waits until it is gone. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const lastWord = setTimeout(() => child.kill('SIGKILL'), endsWithinMs);
  await gone;
  clearTimeout(lastWord);
}
