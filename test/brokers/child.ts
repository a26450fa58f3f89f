import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker } from './broker.ts';

/** A process of a broker, its output in a file. */
export interface Child {
  readonly process: ChildProcess;
  readonly logFile: string;
}

function spawnLogged(command: string, args: string[], logFile: string): Child {
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { stdio: ['ignore', log, log] });
  closeSync(log);
  return { process: child, logFile };
}

/** A broker that is one program with all its files in `dir`: started and answering; `close` leaves nothing behind. */
export async function startOwnBroker(own: {
  readonly name: string;
  readonly url: string;
  readonly dir: string;
  readonly command: string;
  readonly args: string[];
  readonly readyWithinMs: number;
  readonly answers: () => Promise<boolean>;
}): Promise<Broker> {
  const { name, url, dir, command, args, readyWithinMs, answers } = own;
  let child: Child;
  const start = async () => {
    child = spawnLogged(command, args, join(dir, `${name}.log`));
    await untilReady(child, name, readyWithinMs, answers);
  };
  await start();
  return {
    url,
    ownProcess: {
      start,
      kill: () => endChild(child),
      hang: () => void child.process.kill('SIGSTOP'),
    },
    async close() {
      await endChild(child);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Ends the process, also while it hangs, and waits for it. */
async function endChild({ process: child }: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
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
