import { opendir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { type CatalogError, compareCatalogErrors, compareTexts } from './catalog-error.ts';

const filesMax = 1000;
const fileBytesMax = 1_000_000;
const totalBytesMax = 20_000_000;
const entriesMax = 20_000;
const depthMax = 12;

/** One file of the catalog directory: path relative to it (with slashes) and what tells a changed file. */
export interface FoundFile {
  readonly file: string;
  readonly absolute: string;
  readonly bytes: number;
  readonly fingerprint: string;
}

export type Found =
  | { readonly ok: true; readonly files: readonly FoundFile[] }
  | { readonly ok: false; readonly errors: readonly CatalogError[] };

/**
 * Lists the YAML and JSON files under a directory, sorted. Hidden names and `node_modules` are skipped, directory
 * links are not followed, and a file link counts only when it ends inside the directory: that is the shape of a
 * mounted Kubernetes ConfigMap, whose files are links into a hidden directory beside them.
 */
export async function listCatalogFiles(directory: string): Promise<Found> {
  const root = await realpath(directory).catch(() => undefined);
  if (root === undefined) {
    return refused(directory, 'there is no such directory; create it or correct PLUMBLINE_CATALOG');
  }
  if (!(await stat(root)).isDirectory()) {
    return refused(directory, 'this is not a directory; name the directory that holds the YAML files');
  }
  const state: Walk = { root, files: [], errors: [], entries: 0 };
  await walk(state, root, 0);
  const totalBytes = state.files.reduce((sum, { bytes }) => sum + bytes, 0);
  if (state.entries > entriesMax) {
    return refused(
      directory,
      `more than ${entriesMax} entries; name a directory that holds the catalog alone`,
    );
  }
  if (state.files.length > filesMax) {
    return refused(
      directory,
      `${state.files.length} files are more than ${filesMax}; put several items in one file`,
    );
  }
  if (totalBytes > totalBytesMax) {
    return refused(
      directory,
      `${totalBytes} bytes are more than ${totalBytesMax}; is this the right directory?`,
    );
  }
  if (state.errors.length > 0) return { ok: false, errors: state.errors.toSorted(compareCatalogErrors) };
  return { ok: true, files: state.files.toSorted((a, b) => compareTexts(a.file, b.file)) };
}

/** Reads listed files as text: path → text. A file that vanished in between is an error, not an empty file. */
export async function readCatalogFiles(
  files: readonly FoundFile[],
): Promise<{ ok: true; texts: Map<string, string> } | { ok: false; errors: CatalogError[] }> {
  const texts = new Map<string, string>();
  const errors: CatalogError[] = [];
  for (const { file, absolute } of files) {
    try {
      texts.set(file, await readFile(absolute, 'utf8'));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      errors.push({ file, line: 0, column: 0, path: '', message: `cannot be read: ${why}` });
    }
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, texts };
}

interface Walk {
  readonly root: string;
  readonly files: FoundFile[];
  readonly errors: CatalogError[];
  entries: number;
}

async function walk(state: Walk, directory: string, depth: number): Promise<void> {
  for await (const entry of await opendir(directory)) {
    state.entries += 1;
    if (state.entries > entriesMax) return;
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    const absolute = path.join(directory, entry.name);
    const file = path.relative(state.root, absolute).split(path.sep).join('/');
    if (entry.isDirectory()) {
      if (depth < depthMax) await walk(state, absolute, depth + 1);
      else state.errors.push(wrong(file, `lies deeper than ${depthMax} directories; move it up`));
    } else if (/\.(ya?ml|json)$/i.test(entry.name)) {
      await take(state, file, absolute);
    }
  }
}

async function take(state: Walk, file: string, absolute: string): Promise<void> {
  const target = await realpath(absolute).catch(() => undefined);
  if (target === undefined) {
    state.errors.push(wrong(file, 'is a link to nothing; mend or remove it'));
    return;
  }
  if (!target.startsWith(state.root + path.sep)) {
    state.errors.push(wrong(file, 'is a link that leaves the catalog directory; copy the file instead'));
    return;
  }
  const found = await stat(target);
  if (!found.isFile()) {
    // Reading a pipe would wait for a writer for ever, and the catalog would never be looked at again.
    state.errors.push(wrong(file, 'is not a regular file; remove it'));
    return;
  }
  const { size, mtimeMs, ino } = found;
  if (size > fileBytesMax) {
    state.errors.push(wrong(file, `is larger than ${fileBytesMax} bytes; split it`));
    return;
  }
  state.files.push({
    file,
    absolute: target,
    bytes: size,
    fingerprint: `${file}\0${size}\0${mtimeMs}\0${ino}`,
  });
}

function refused(file: string, message: string): Found {
  return { ok: false, errors: [wrong(file, message)] };
}

function wrong(file: string, message: string): CatalogError {
  return { file, line: 0, column: 0, path: '', message };
}
