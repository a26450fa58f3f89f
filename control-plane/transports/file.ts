import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { dropParcel, putAside, readParcel, sidecarEnding } from './file/parcel.ts';
import { pause } from './pause.ts';
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
        keepsOrder: true,
        note: 'A directory: each file is on disk before it counts as sent, and appears whole. Whether it is taken, its reader tells.',
      };
    },
    depth: async (destination) => (await listNames(directoryOf(destination))).length,
    close: () => Promise.resolve(),
  };
};

async function tailDirectory(
  directory: string,
  { batchMax, store, stop, onState }: TailOptions,
): Promise<void> {
  let isConnected = false;
  while (!stop.aborted) {
    const names = await listNames(directory);
    if (!isConnected)
      onState?.('connected', `Reads ${path.basename(path.dirname(directory))}/${path.basename(directory)}.`);
    isConnected = true;
    for (let from = 0; from < names.length && !stop.aborted; from += batchMax) {
      const part = names.slice(from, from + batchMax);
      await store(await Promise.all(part.map((name) => readParcel(directory, name))));
      for (const name of part) await putAside(directory, name);
    }
    await pause(lookEveryMs, stop);
  }
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
    .sort()
    .slice(0, namesMax);
}
