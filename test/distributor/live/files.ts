import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { flowSpec, flowSpecs, type FlowSpec, type TransportSpec } from '../business/flows.ts';
import type { Message, Step } from '../business/types.ts';
import type { Desk } from './desk.ts';
import { headersOfDeath, isDeath } from './letters.ts';
import { bodyOf, headersOf, readDelivery, type Delivery, type WireHeaders } from './wire.ts';

/** The flows that travel as files: one writes, the other looks into the directory every few seconds. */
export interface FilePost {
  send(message: Message): Promise<void>;
}

type Files = Extract<TransportSpec, { kind: 'file' }>;

interface Office {
  readonly root: string;
  readonly desk: Desk;
  readonly emit: (step: Step) => void;
  readonly now: () => number;
  readonly stop: AbortSignal;
}

const lookEveryMs = 4000;

/** A file has no headers: they stand beside it, in a file of its name and this ending. */
export const sidecarEnding = '.headers.json';

const Sidecar = z.object({ headers: z.array(z.tuple([z.string(), z.string()])).max(200) });

/** Makes the directories below `root` and starts looking. Whoever drops a file there is heard, not our senders alone. */
export async function openFilePost(office: Office): Promise<FilePost> {
  const { root, emit, now } = office;
  for (const spec of flowSpecs) {
    if (spec.transport.kind !== 'file') continue;
    const directory = join(root, spec.transport.directory);
    for (const folder of ['', 'done', 'rejected']) await mkdir(join(directory, folder), { recursive: true });
    void look(directory, spec, spec.transport, office).catch(() => undefined);
  }
  return {
    async send(message) {
      const { transport } = flowSpec(message.flow);
      if (transport.kind !== 'file') throw new Error(`${message.flow} does not travel as a file.`);
      const name = `${message.keys[0]?.split(':')[1] ?? message.transaction}.${transport.extension}`;
      const file = join(root, transport.directory, name);
      const atMs = now();
      await put(file, message, headersOf(message, 1, atMs, `${message.id} send`));
      emit({ kind: 'sent', atMs, durationMs: now() - atMs, message });
    },
  };
}

/** The sidecar first, then the file at once and whole: whoever sees the file can read both. */
async function put(file: string, message: Message, headers: WireHeaders): Promise<void> {
  await writeFile(`${file}${sidecarEnding}`, JSON.stringify({ headers: Object.entries(headers) }));
  await writeFile(`${file}.part`, bodyOf(message));
  await rename(`${file}.part`, file);
}

async function look(directory: string, spec: FlowSpec, transport: Files, office: Office): Promise<void> {
  const underWay = new Set<string>();
  while (!office.stop.aborted) {
    await sleep(lookEveryMs, undefined, { signal: office.stop });
    const names = await readdir(directory);
    for (const name of names) {
      if (!name.endsWith(`.${transport.extension}`) || underWay.has(name)) continue;
      underWay.add(name);
      void pickUp(join(directory, name), spec, office)
        .catch(() => undefined)
        .finally(() => underWay.delete(name));
    }
  }
}

async function pickUp(file: string, spec: FlowSpec, office: Office): Promise<void> {
  const { desk, emit, now, stop } = office;
  const delivery = await readFiles(file, spec, now());
  if (!delivery) return moveAway(file, 'rejected');
  for (let attempt = delivery.attempt; ;) {
    const handling = await desk.handle({ ...delivery, attempt }, { overHttp: false });
    if (handling === 'down') {
      await sleep(Math.max(1000, (desk.downUntilMs(delivery.message) ?? 0) - now()), undefined, {
        signal: stop,
      });
      continue;
    }
    const { startedAtMs, retryAfterMs, ...rest } = handling;
    const { message, sentAtMs } = delivery;
    const step = { kind: 'attempted', atMs: startedAtMs, message, sentAtMs, ...rest } as const;
    emit(step);
    if (isDeath(step)) {
      const headers = headersOf(message, handling.attempt, sentAtMs, `${message.id} send`);
      const told = Object.entries({ ...headers, ...headersOfDeath(step) });
      await writeFile(`${file}${sidecarEnding}`, JSON.stringify({ headers: told }));
      return moveAway(file, 'rejected');
    }
    if (retryAfterMs === undefined) return moveAway(file, 'done');
    await sleep(retryAfterMs, undefined, { signal: stop });
    attempt = handling.attempt + 1;
  }
}

async function readFiles(file: string, spec: FlowSpec, nowMs: number): Promise<Delivery | undefined> {
  const beside = await readFile(`${file}${sidecarEnding}`, 'utf8').catch(() => '{"headers":[]}');
  const { headers } = Sidecar.catch({ headers: [] }).parse(parseJson(beside));
  const named = { 'message-id': basename(file).replace(/\.[^.]+$/, ''), ...Object.fromEntries(headers) };
  return readDelivery(spec.name, await readFile(file, 'utf8'), named, nowMs);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The sidecar goes first, so that a file in `rejected` always has it beside it. */
async function moveAway(file: string, folder: 'done' | 'rejected'): Promise<void> {
  const aim = join(file, '..', folder, basename(file));
  await rename(`${file}${sidecarEnding}`, `${aim}${sidecarEnding}`).catch(() => undefined);
  await rename(file, aim);
}
