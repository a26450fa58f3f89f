import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { flowSpec, flowSpecs } from '../business/flows.ts';
import type { Message, Step } from '../business/types.ts';
import type { Desk } from './desk.ts';
import { readMessage } from './wire.ts';

/** The flows that travel as files: one writes, the other looks into the directory every few seconds. */
export interface FilePost {
  send(message: Message): Promise<void>;
}

interface Dropped {
  readonly file: string;
  readonly sentAtMs: number;
}

const lookEveryMs = 4000;

/** Makes the directories below `root` and starts looking. What an earlier run left behind stays as it is. */
export async function openFilePost(
  root: string,
  desk: Desk,
  emit: (step: Step) => void,
  now: () => number,
  stop: AbortSignal,
): Promise<FilePost> {
  const dropped = new Map<string, Dropped>();
  for (const spec of flowSpecs) {
    if (spec.transport.kind !== 'file') continue;
    const directory = join(root, spec.transport.directory);
    for (const folder of ['', 'done', 'failed']) await mkdir(join(directory, folder), { recursive: true });
    void look(directory, dropped, desk, emit, now, stop).catch(() => undefined);
  }
  return {
    async send(message) {
      const { transport } = flowSpec(message.flow);
      if (transport.kind !== 'file') throw new Error(`${message.flow} does not travel as a file.`);
      const name = `${message.keys[0]?.split(':')[1] ?? message.transaction}.${transport.extension}`;
      const file = join(root, transport.directory, name);
      const atMs = now();
      dropped.set(name, { file, sentAtMs: atMs });
      await writeFile(`${file}.part`, JSON.stringify(message));
      await rename(`${file}.part`, file);
      emit({ kind: 'sent', atMs, durationMs: now() - atMs, message });
    },
  };
}

async function look(
  directory: string,
  dropped: Map<string, Dropped>,
  desk: Desk,
  emit: (step: Step) => void,
  now: () => number,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    await sleep(lookEveryMs, undefined, { signal: stop });
    for (const name of await readdir(directory)) {
      const drop = dropped.get(name);
      if (!drop) continue;
      dropped.delete(name);
      void pickUp(directory, name, drop, desk, emit, now, stop).catch(() => undefined);
    }
  }
}

async function pickUp(
  directory: string,
  name: string,
  drop: Dropped,
  desk: Desk,
  emit: (step: Step) => void,
  now: () => number,
  stop: AbortSignal,
): Promise<void> {
  const message = readMessage(await readFile(drop.file, 'utf8'));
  if (!message) return rename(drop.file, join(directory, 'failed', name));
  for (let attempt = 1; ;) {
    const handling = await desk.handle(message, attempt, false);
    if (handling === 'down') {
      await sleep(Math.max(1000, (desk.downUntilMs(message) ?? 0) - now()), undefined, { signal: stop });
      continue;
    }
    const { startedAtMs, retryAfterMs, ...rest } = handling;
    emit({ kind: 'attempted', atMs: startedAtMs, message, sentAtMs: drop.sentAtMs, attempt, ...rest });
    if (retryAfterMs === undefined) {
      const folder = handling.outcome === 'dead_lettered' ? 'failed' : 'done';
      return rename(drop.file, join(directory, folder, name));
    }
    await sleep(retryAfterMs, undefined, { signal: stop });
    attempt += 1;
  }
}
