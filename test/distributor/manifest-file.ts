import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';
import type { ManifestEntry } from './business/manifest.ts';

/** The answer key on disk, one JSON line for each thing that was broken on purpose. */
export interface ManifestFile {
  readonly write: (entry: ManifestEntry) => void;
  /** The latest entries, newest last, for the control endpoint. */
  readonly latest: () => readonly ManifestEntry[];
  close(): Promise<void>;
}

const latestMax = 5000;

/** Starts a new manifest, or goes on with the one that is there. */
export function openManifest(path: string, mode: 'new' | 'append'): ManifestFile {
  mkdirSync(dirname(path), { recursive: true });
  const stream = createWriteStream(path, { flags: mode === 'new' ? 'w' : 'a' });
  const latest: ManifestEntry[] = [];
  return {
    write(entry) {
      stream.write(`${JSON.stringify(entry)}\n`);
      latest.push(entry);
      if (latest.length > latestMax) latest.splice(0, latestMax / 5);
    },
    latest: () => latest,
    async close() {
      stream.end();
      await finished(stream);
    },
  };
}
