import { type FSWatcher, watch } from 'node:fs';
import { setTimeout as setTimeoutAsync } from 'node:timers/promises';
import type { CatalogError } from './catalog-error.ts';
import { type CatalogDiff, diffCatalogs } from './diff.ts';
import { loadCatalog } from './load.ts';
import { listCatalogFiles } from './read-files.ts';
import { type Catalog } from './schema.ts';

/** A directory that never stands still is read all the same after so many looks. */
const settleTriesMax = 20;

export interface CatalogWatchOptions {
  readonly directory: string;
  /** Catalog in force, against which the first change is compared. */
  readonly initial: Catalog;
  /**
   * A good change: the new catalog is in force from now on. Not called when only spacing or comments changed; called
   * with an empty diff when a bad edit was taken back.
   */
  readonly onChange: (change: {
    catalog: Catalog;
    diff: CatalogDiff;
    warnings: readonly CatalogError[];
  }) => void;
  /** A bad change: the last good catalog stays in force. */
  readonly onInvalid: (errors: readonly CatalogError[]) => void;
  /** How long the files must stand still before they are read: editors write in several steps. */
  readonly debounceMs?: number;
  /** Interval of the check that does not depend on the file system's events (network mounts, ConfigMaps). */
  readonly pollMs?: number;
}

export interface CatalogWatch {
  /** Looks now, without waiting for an event; resolves when what it found has been reported. */
  check(): Promise<void>;
  stop(): Promise<void>;
}

/** Follows a catalog directory: reports each change once, good or bad, and never two reads at a time. */
export function watchCatalog(options: CatalogWatchOptions): CatalogWatch {
  const { directory, debounceMs = 200, pollMs = 5000 } = options;
  let current = options.initial;
  let seen: string | undefined;
  let stopped = false;
  let invalid = false;
  let debounce: NodeJS.Timeout | undefined;
  let queue = Promise.resolve();

  const look = async (): Promise<void> => {
    const fingerprint = await settledFingerprint(directory, seen, debounceMs);
    if (stopped || fingerprint === seen) return;
    seen = fingerprint;
    const loaded = await loadCatalog(directory);
    if (stopped) return;
    const wasInvalid = invalid;
    invalid = !loaded.ok;
    if (!loaded.ok) {
      options.onInvalid(loaded.errors);
      return;
    }
    if (loaded.catalog.hash === current.hash && !wasInvalid) return;
    const diff = diffCatalogs(current, loaded.catalog);
    current = loaded.catalog;
    options.onChange({ catalog: current, diff, warnings: loaded.warnings });
  };
  const check = (): Promise<void> => {
    const looked = queue.then(look);
    // A failed look (a file that vanished while listing) is tried again by the next poll.
    queue = looked.catch(() => {
      seen = undefined;
    });
    return queue;
  };
  const soon = (): void => {
    clearTimeout(debounce);
    debounce = setTimeout(() => void check(), debounceMs);
  };
  const watcher = watchEvents(directory, soon);
  const poll = setInterval(() => void check(), pollMs);
  poll.unref();

  return {
    check,
    stop: async () => {
      stopped = true;
      clearTimeout(debounce);
      clearInterval(poll);
      watcher?.close();
      await queue;
    },
  };
}

/**
 * Fingerprint of the directory once it has stood still: whoever writes a file empties it first, and
 * a catalog that is empty for a millisecond must not be taken for one.
 */
async function settledFingerprint(
  directory: string,
  seen: string | undefined,
  stillMs: number,
): Promise<string> {
  let fingerprint = await fingerprintOf(directory);
  for (let tries = 0; tries < settleTriesMax && fingerprint !== seen; tries += 1) {
    await setTimeoutAsync(stillMs);
    const again = await fingerprintOf(directory);
    if (again === fingerprint) break;
    fingerprint = again;
  }
  return fingerprint;
}

async function fingerprintOf(directory: string): Promise<string> {
  const found = await listCatalogFiles(directory);
  if (!found.ok) return JSON.stringify(found.errors);
  return found.files.map((file) => file.fingerprint).join('\n');
}

/** Events are a courtesy for speed: where the platform has none, the poll alone serves. */
function watchEvents(directory: string, onEvent: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(directory, { recursive: true, persistent: false }, onEvent);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
