import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { openLogFile, type LogFile } from './log-file.ts';
import { readableLine } from './readable-line.ts';

/** One process to keep running. Signals, patience and readiness are the process's own; see each field. */
export type ProcessSpec = {
  name: string;
  command: string;
  args: readonly string[];
  environment: Record<string, string | undefined>;
  folder: string;
  owner?: { uid: number; gid: number } | undefined;
  /** How the process learns that its supervisor is gone: an IPC channel that closes, or the end of its stdin. */
  lifeline: 'ipc' | 'stdin';
  logFile: string;
  stopMsMax: number;
  /** Runs before each start, the first included: clears what an earlier process left behind. */
  beforeStart?: () => Promise<void>;
  /** Resolves when the process can serve; polled once after each start and given up when `signal` aborts. */
  untilReady: (signal: AbortSignal) => Promise<void>;
  readyMsMax: number;
};

export type SupervisorEvents = {
  /** One sentence for the person at the terminal. */
  note: (name: string, sentence: string) => void;
  /** A line the process itself wrote as an error. */
  error: (name: string, line: string) => void;
};

export type Supervised = {
  name: string;
  /** Resolves at the first readiness; rejects when the first start fails. */
  ready: Promise<void>;
  pid: () => number | undefined;
  restarts: () => number;
  stop: () => Promise<void>;
};

const messageSchema = z.object({ type: z.literal('fatal'), message: z.string() });
const backoffMsMin = 250;
const backoffMsMax = 30_000;
/** A process that served this long has recovered: its next fall starts the backoff anew. */
const settledMs = 30_000;

type Run = { child: ChildProcess; exited: Promise<string>; fatal: () => string | undefined };

const describeExit = (code: number | null, signal: NodeJS.Signals | null): string =>
  signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`;

// Said to whoever asks too early; the wait for readiness asks early on purpose.
const isExpected = (line: string): boolean => line.includes('the database system is');
const isErrorLine = (line: string): boolean => !isExpected(line) && isError(line);
const isError = (line: string): boolean =>
  /"level":"(error|fatal)"/.test(line) || /^(Error|.*\b(FATAL|PANIC):)/.test(line);

const readableError = (line: string | undefined): string | undefined => line && readableLine(line);

const follow = (
  child: ChildProcess,
  spec: ProcessSpec,
  log: LogFile,
  events: SupervisorEvents,
): { lastError: () => string | undefined } => {
  let last: string | undefined;
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`);
      if (!isErrorLine(line)) return;
      last = line;
      events.error(spec.name, line);
    });
  }
  return { lastError: () => last };
};

const launch = (spec: ProcessSpec, log: LogFile, events: SupervisorEvents): Run => {
  const child = spawn(spec.command, spec.args, {
    cwd: spec.folder,
    env: spec.environment,
    // A group of its own: Ctrl-C reaches the supervisor alone, which stops its processes in order.
    detached: true,
    stdio: spec.lifeline === 'ipc' ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['pipe', 'pipe', 'pipe'],
    ...(spec.owner ? { uid: spec.owner.uid, gid: spec.owner.gid } : {}),
  });
  let fatal: string | undefined;
  child.on('message', (message) => {
    const parsed = messageSchema.safeParse(message);
    if (parsed.success) fatal = parsed.data.message;
  });
  child.stdin?.on('error', () => undefined);
  const { lastError } = follow(child, spec, log, events);
  const exited = new Promise<string>((resolve) => {
    child.once('error', (thrown) => resolve(`it could not be started: ${thrown.message}`));
    child.once('exit', (code, signal) => {
      child.stdin?.destroy();
      // The last lines of stderr may still be on their way.
      setTimeout(() => resolve(fatal ?? readableError(lastError()) ?? describeExit(code, signal)), 50);
    });
  });
  return { child, exited, fatal: () => fatal };
};

const killGroup = (child: ChildProcess): void => {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
};

const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });

const stopChild = async (run: Run, spec: ProcessSpec): Promise<void> => {
  if (run.child.exitCode !== null || run.child.signalCode !== null) return;
  if (spec.lifeline === 'stdin') run.child.stdin?.end();
  run.child.kill('SIGTERM');
  const timer = setTimeout(() => killGroup(run.child), spec.stopMsMax);
  await run.exited;
  clearTimeout(timer);
};

const waitReady = async (spec: ProcessSpec, run: Run): Promise<void> => {
  const stop = new AbortController();
  const late = setTimeout(
    () => stop.abort(new Error(`it was not ready within ${Math.round(spec.readyMsMax / 1000)} s`)),
    spec.readyMsMax,
  );
  const fell = run.exited.then((reason) => Promise.reject(new Error(reason)));
  const tooLate = new Promise<never>((_resolve, reject) =>
    stop.signal.addEventListener('abort', () => reject(stop.signal.reason as Error)),
  );
  tooLate.catch(() => undefined);
  try {
    await Promise.race([spec.untilReady(stop.signal), fell, tooLate]);
  } finally {
    clearTimeout(late);
    stop.abort(new Error('no longer waited for'));
    fell.catch(() => undefined);
  }
};

/** Starts a process and keeps it running until `stop`: every fall is told with its reason and followed by a start. */
export const supervise = (spec: ProcessSpec, events: SupervisorEvents): Supervised => {
  const log = openLogFile(spec.logFile);
  const stopping = new AbortController();
  let current: Run | undefined;
  let restarts = 0;
  let failures = 0;
  const firstReady = Promise.withResolvers<void>();
  firstReady.promise.catch(() => undefined);
  let wasReady = false;

  const once = async (): Promise<string> => {
    await spec.beforeStart?.();
    if (stopping.signal.aborted) return 'stopped';
    const run = launch(spec, log, events);
    current = run;
    const startedMs = performance.now();
    try {
      await waitReady(spec, run);
    } catch (thrown) {
      await stopChild(run, spec);
      throw thrown;
    }
    if (wasReady) events.note(spec.name, 'is serving again');
    wasReady = true;
    firstReady.resolve();
    const reason = await run.exited;
    if (performance.now() - startedMs > settledMs) failures = 0;
    return reason;
  };

  const keepRunning = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const reason = await once().catch((thrown: unknown) =>
        thrown instanceof Error ? thrown : new Error(String(thrown)),
      );
      if (stopping.signal.aborted) return;
      if (!wasReady) {
        firstReady.reject(reason instanceof Error ? reason : new Error(reason));
        return;
      }
      const delayMs = Math.min(backoffMsMin * 2 ** failures, backoffMsMax);
      failures++;
      restarts++;
      events.note(
        spec.name,
        `ended (${reason instanceof Error ? reason.message : reason}); it starts again in ${delayMs / 1000} s`,
      );
      await sleep(delayMs, stopping.signal);
    }
  };
  const loop = keepRunning();

  return {
    name: spec.name,
    ready: firstReady.promise,
    pid: () => current?.child.pid,
    restarts: () => restarts,
    stop: async () => {
      stopping.abort();
      firstReady.reject(new Error('stopped before it was ready'));
      if (current) await stopChild(current, spec);
      await loop;
      log.close();
    },
  };
};
