import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../log.ts';
import { syncDirectory, writeDurably } from './durable-files.ts';
import type { LedgerEntry } from './ledger.ts';
import { readSegment, recordHeadBytes, type RecordSpan, type SegmentContent } from './segment-format.ts';
import { parseSegmentFileName, type Segment } from './segment.ts';

export interface SpoolPaths {
  readonly root: string;
  readonly segments: string;
  readonly quarantine: string;
  readonly ledger: string;
}

export async function preparePaths(root: string): Promise<SpoolPaths> {
  const paths = {
    root,
    segments: join(root, 'segments'),
    quarantine: join(root, 'quarantine'),
    ledger: join(root, 'ledger'),
  };
  await mkdir(paths.segments, { recursive: true });
  await mkdir(paths.quarantine, { recursive: true });
  await syncDirectory(root);
  return paths;
}

/** The spool's name in deduplication tokens: random, and as old as the spool. */
export async function readSpoolId(root: string): Promise<string> {
  const path = join(root, 'id');
  const existing = await readFile(path, 'utf8').catch(() => '');
  if (/^[0-9a-f]{16}\n$/u.test(existing)) return existing.trim();
  const id = randomBytes(8).toString('hex');
  await writeDurably(path, `${id}\n`);
  return id;
}

/** Reads back the segments that an earlier process left, cutting torn ends and dropping what was settled. */
export async function recoverSegments(paths: SpoolPaths, entry: LedgerEntry, log: Log): Promise<Segment[]> {
  const settled = new Set(entry.settled);
  const segments: Segment[] = [];
  for (const name of (await readdir(paths.segments)).sort()) {
    const file = parseSegmentFileName(name);
    const path = join(paths.segments, name);
    if (!file) continue;
    if (settled.has(file.number)) await rm(path);
    else {
      const segment = await recoverSegment(paths, path, file.number, log);
      if (segment) segments.push(segment);
    }
  }
  await syncDirectory(paths.segments);
  return segments;
}

async function recoverSegment(
  paths: SpoolPaths,
  path: string,
  number: number,
  log: Log,
): Promise<Segment | undefined> {
  const bytes = await readFile(path);
  const content = readSegment(bytes);
  if (!content || content.records.length === 0) {
    await dropUnreadable(paths, path, bytes, content, log);
    return undefined;
  }
  await makeWhole(paths, path, bytes, content.wholeBytes, log);
  await keepDamaged(paths, path, bytes, content.damaged, log);
  const all = [...content.records, ...content.damaged];
  return {
    number,
    table: content.preamble.table,
    columns: content.preamble.columns,
    path,
    records: content.records,
    damaged: content.damaged,
    bytes: content.wholeBytes,
    rows: all.reduce((sum, record) => sum + record.rows, 0),
    received: all.reduce((sum, record) => sum + record.received, 0),
    isSealed: true,
  };
}

/** A file without one whole record held nothing acknowledged, unless the disk damaged it: then it is kept. */
async function dropUnreadable(
  paths: SpoolPaths,
  path: string,
  bytes: Buffer,
  content: SegmentContent | undefined,
  log: Log,
): Promise<void> {
  if (bytes.length === (content?.wholeBytes ?? 0)) return rm(path);
  const kept = join(paths.quarantine, `${path.split('/').at(-1)}.unreadable`);
  await rename(path, kept);
  await syncDirectory(paths.quarantine);
  log.warn('A spool segment without a whole record was set aside', { file: kept, bytes: bytes.length });
}

/** Keeps a copy of what the disk has changed. It is counted as quarantined when the rest of its segment is settled. */
async function keepDamaged(
  paths: SpoolPaths,
  path: string,
  bytes: Buffer,
  damaged: readonly RecordSpan[],
  log: Log,
): Promise<void> {
  for (const { payloadAt, payloadBytes, rows } of damaged) {
    const kept = join(paths.quarantine, `${path.split('/').at(-1)}-${payloadAt}.damaged`);
    await writeDurably(kept, [bytes.subarray(payloadAt - recordHeadBytes, payloadAt + payloadBytes)]);
    log.error('The disk has changed a block of the spool that was acknowledged; it is set aside', {
      file: path,
      rows,
      kept,
    });
  }
}

/** Cuts the torn end off, keeping a copy, and makes sure that all that remains is on disk before it is counted. */
async function makeWhole(
  paths: SpoolPaths,
  path: string,
  bytes: Buffer,
  wholeBytes: number,
  log: Log,
): Promise<void> {
  if (wholeBytes < bytes.length) {
    const kept = join(paths.quarantine, `${path.split('/').at(-1)}.torn`);
    await writeDurably(kept, [bytes.subarray(wholeBytes)]);
    log.warn('The torn end of a spool segment was cut off; it had not been acknowledged', {
      file: path,
      bytes: bytes.length - wholeBytes,
      kept,
    });
  }
  const handle = await open(path, 'r+');
  try {
    if (wholeBytes < bytes.length) await handle.truncate(wholeBytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function directoryBytes(path: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(path)) bytes += (await stat(join(path, name))).size;
  return bytes;
}
