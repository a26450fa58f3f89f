import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process of a broker, its output in a file. */
export interface Child {
  readonly process: ChildProcess;
  readonly logFile: string;
}

export function spawnLogged(command: string, args: string[], logFile: string): Child {
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { stdio: ['ignore', log, log] });
  closeSync(log);
  return { process: child, logFile };
}

/** Ends the process and waits for it; at once with SIGKILL, and after ten seconds in any case. */
export async function endChild(child: Child, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.process.exitCode !== null || child.process.signalCode !== null) return;
  const gone = new Promise((resolve) => child.process.once('exit', resolve));
  child.process.kill(signal);
  const timer = setTimeout(() => child.process.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(timer);
}

/** Waits until `answers`, and fails with the end of the log when the process dies or the time is over. */
export async function untilReady(
  child: Child,
  name: string,
  withinMs: number,
  answers: () => Promise<boolean>,
): Promise<void> {
  const deadlineMs = Date.now() + withinMs;
  while (!(await answers())) {
    const dead = child.process.exitCode !== null || child.process.signalCode !== null;
    if (dead || Date.now() > deadlineMs) {
      const tail = readFileSync(child.logFile, 'utf8').slice(-2000);
      throw new Error(`${name} ${dead ? 'ended' : `was not ready within ${withinMs} ms`}:\n${tail}`);
    }
    await sleep(100);
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
