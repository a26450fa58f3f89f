import { createReadStream, type Stats } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { CheckOf } from '@plumbline/model/catalog/probe.ts';
import { durationMs } from '@plumbline/model/catalog/schema.ts';
import { type Due, fillDate, lastDue } from '../due.ts';
import { type Found, type Look, type LookContext, secondsSince } from '../look.ts';

interface Seen {
  readonly file: string;
  readonly stats: Stats;
}

const entriesMax = 20_000;
const countedBytesMax = 256 * 1024 ** 2;

/** The newest file of a pattern: there by the time it is due, no longer written to, and not empty. */
export const lookFile: Look<'file'> = async (check, context) => {
  const directory = fileURLToPath(context.connection(check.connection));
  const due = check.expected && lastDue(check.expected, context.now());
  const pattern =
    check.expected && due ? fillDate(check.pattern, due.dueMs, check.expected.timeZone) : check.pattern;
  context.note(`read ${directory} for ${pattern}`, {
    ...(due && { due: new Date(due.dueMs).toISOString() }),
  });
  const { newest, count } = await newestOf(directory, pattern, due, context.signal);
  // Before the first due time there is nothing to miss.
  if (newest === undefined) return absent(check, due, pattern);
  const stable = await isStable(newest, durationMs(check.stableFor), context);
  const { size, mtimeMs } = newest.stats;
  const rows = size <= countedBytesMax ? await countRows(newest.file, context.signal) : undefined;
  context.note(path.basename(newest.file), { size, stable, rows });
  const values = {
    present: true,
    stable,
    size,
    count,
    age: secondsSince(mtimeMs, context.now()),
    ...(rows !== undefined && { rows }),
  };
  const broken = brokenOf(path.basename(newest.file), size, stable, check.allowEmpty);
  return broken === undefined ? { values } : { values, broken };
};

function absent(check: CheckOf<'file'>, due: Due | undefined, pattern: string): Found {
  const values = { present: false, count: 0 };
  if (check.expected !== undefined && due === undefined) return { values };
  const by = due === undefined ? '' : ` that was due at ${new Date(due.dueMs).toISOString()}`;
  return { values, broken: { condition: 'present', why: `no file ${pattern}${by} is there` } };
}

function brokenOf(name: string, size: number, stable: boolean, allowEmpty: boolean): Found['broken'] {
  if (!stable) return { condition: 'stable', why: `${name} is still being written` };
  if (size === 0 && !allowEmpty) return { condition: 'size > 0B', why: `${name} is empty` };
  return undefined;
}

async function newestOf(
  directory: string,
  pattern: string,
  due: Due | undefined,
  signal: AbortSignal,
): Promise<{ newest: Seen | undefined; count: number }> {
  const matches = globPattern(pattern);
  let newest: Seen | undefined;
  let count = 0;
  let entries = 0;
  for await (const entry of await opendir(directory)) {
    signal.throwIfAborted();
    entries += 1;
    if (entries > entriesMax) {
      throw new Error(`${directory} holds more than ${entriesMax} entries; move old files away.`);
    }
    if (!entry.isFile() || !matches.test(entry.name)) continue;
    const file = path.join(directory, entry.name);
    const stats = await stat(file).catch(() => undefined);
    if (stats === undefined || (due !== undefined && stats.mtimeMs < due.earliestMs)) continue;
    count += 1;
    if (newest === undefined || stats.mtimeMs > newest.stats.mtimeMs) newest = { file, stats };
  }
  return { newest, count };
}

/** `*` and `?` only; runs of stars are one, so that no name makes it slow. */
function globPattern(pattern: string): RegExp {
  const parts = pattern.replaceAll(/\*+/g, '*').split(/([*?])/);
  const source = parts
    .map((part) => (part === '*' ? '.*' : part === '?' ? '.' : part.replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&')))
    .join('');
  return new RegExp(`^${source}$`, 'su');
}

async function isStable({ file, stats }: Seen, forMs: number, context: LookContext): Promise<boolean> {
  // A file that has stood still for long enough already need not be waited for.
  if (context.now() - stats.mtimeMs < forMs) await sleep(forMs, undefined, { signal: context.signal });
  const again = await stat(file).catch(() => undefined);
  return again !== undefined && again.size === stats.size && again.mtimeMs === stats.mtimeMs;
}

/** Lines; a last one without an end counts too. */
async function countRows(file: string, signal: AbortSignal): Promise<number> {
  let rows = 0;
  let last = 10;
  for await (const chunk of createReadStream(file, { signal }) as AsyncIterable<Buffer>) {
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) rows += 1;
    last = chunk.at(-1) ?? last;
  }
  return last === 10 ? rows : rows + 1;
}
