import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { dropParcel, putAside, readParcel, sidecarEnding } from './file/parcel.ts';
import { backoffMs, pause } from './pause.ts';
import type { OpenTransport, SendResult, TailOptions } from './port.ts';

const lookEveryMs = 2000;
const namesMax = 10_000;

/** Directories below a base, as file drops use them: one file a message, its headers beside it. */
export const openFile: OpenTransport = (url) => {
  const base = path.resolve(fileURLToPath(url));
  /** @throws Error when the destination lies outside of the base */
  const directoryOf = (destination: string): string => {
    const directory = path.join(base, destination);
    if (directory === base || directory.startsWith(`${base}${path.sep}`)) return directory;
    throw new Error(`${destination} lies outside of the directory of its connection.`);
  };
  return {
    tail: async (destination, options) => tailDirectory(directoryOf(destination), options),
    async send(destination, batch, signal) {
      let directory: string;
      try {
        directory = directoryOf(destination);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return batch.map(() => ({ kind: 'refused', reason, retryable: false }));
      }
      const results: SendResult[] = [];
      for (const outgoing of batch)
        results.push(
          signal.aborted
            ? { kind: 'refused', reason: 'The replay was stopped first.', retryable: true }
            : await dropParcel(directory, outgoing),
        );
      return results;
    },
    async promises(destination) {
      await listNames(directoryOf(destination));
      return {
        durable: 'yes',
        unroutableNoticed: true,
        deduplicates: null,
        keepsOrder: false,
        note: 'A directory: each file is on disk before it counts as sent, and appears whole. Files have no order but that of their names. Whether one is taken, its reader tells.',
      };
    },
    depth: async (destination) => (await listNames(directoryOf(destination))).length,
    async browse(destination, limit) {
      const directory = directoryOf(destination);
      const names = await listNames(directory);
      return Promise.all(names.slice(0, limit).map((name) => readParcel(directory, name)));
    },
    close: () => Promise.resolve(),
  };
};

async function tailDirectory(directory: string, options: TailOptions): Promise<void> {
  const { batchMax, stop, onState } = options;
  let isConnected = false;
  while (!stop.aborted) {
    const names = (await listNames(directory)).slice(0, namesMax);
    if (!isConnected)
      onState?.('connected', `Reads ${path.basename(path.dirname(directory))}/${path.basename(directory)}.`);
    isConnected = true;
    for (let from = 0; from < names.length && !stop.aborted; from += batchMax)
      await takeIn(directory, names.slice(from, from + batchMax), options);
    await pause(lookEveryMs, stop);
  }
}

/** Tries until they are stored, and leaves them where they are when it is stopped first. */
async function takeIn(
  directory: string,
  names: readonly string[],
  { store, stop }: TailOptions,
): Promise<void> {
  const arrivals = await Promise.all(names.map((name) => readParcel(directory, name)));
  for (let nth = 0; !stop.aborted; nth += 1) {
    try {
      await store(arrivals);
      break;
    } catch {
      await pause(backoffMs(nth), stop);
      if (stop.aborted) return;
    }
  }
  for (const name of names) await putAside(directory, name);
}

/** Files that wait, by name. @throws Error that says which directory is missing */
async function listNames(directory: string): Promise<string[]> {
  const there = await stat(directory).catch(() => undefined);
  if (!there?.isDirectory())
    throw new Error(`There is no directory ${directory}: make it, or correct the catalog.`);
  const entries = await readdir(directory, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .filter((name) => !name.endsWith(sidecarEnding) && !name.endsWith('.part'))
    .sort();
}
