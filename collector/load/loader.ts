import { access } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TableName } from '../decode/tables.ts';
import type { Log } from '../log.ts';
import { writeDurably } from '../spool/durable-files.ts';
import type { RecordSpan } from '../spool/segment-format.ts';
import type { Segment } from '../spool/segment.ts';
import { splitMarker, type Spool } from '../spool/spool.ts';
import type { InsertFailure } from './failures.ts';
import type { ClickHouseInserts } from './insert.ts';

export interface LoaderOptions {
  /** Least time between the starts of two inserts into one table: bounds the number of parts at low load. */
  readonly intervalMs: number;
  /** A segment of at least so many rows is followed by the next at once. */
  readonly rowsWithoutPause: number;
  readonly backoffMsMin: number;
  readonly backoffMsMax: number;
  /** After so many failures of one segment that are no outage, others go first. */
  readonly attemptsBeforeOthersGoFirst: number;
  /** A view may fail because it is being replaced, so it is given time before rows are stored without it. */
  readonly attemptsBeforeViewsAreLeftOut: number;
}

export interface LoaderFigures {
  inserts: number;
  failures: number;
  refusedBlocks: number;
  /** Inserts that were stored without a view that refused them. */
  withoutView: number;
  /** Empty while inserts succeed. */
  lastFailure: string;
}

interface LoaderContext {
  readonly spool: Spool;
  readonly inserts: ClickHouseInserts;
  readonly options: LoaderOptions;
  readonly log: Log;
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly figures: LoaderFigures;
  readonly isReady: () => boolean;
  readonly setUnready: () => void;
}

interface Held {
  attempts: number;
  until: number;
}

/**
 * Empties one table's segments into ClickHouse until the signal aborts. A segment is one insert with a token made
 * of spool and segment, so whatever is sent twice is stored once.
 */
export async function loadTable(
  context: LoaderContext,
  table: TableName,
  wake: () => Promise<void>,
): Promise<void> {
  const { spool, options, now, signal } = context;
  const held = new Map<number, Held>();
  let notBefore = 0;
  let backoffMs = 0;
  while (!signal.aborted) {
    if (!spool.hasRows(table) || !context.isReady()) await wake();
    else if (notBefore > now()) await pause(notBefore - now(), signal);
    else {
      const segment = await spool.nextToLoad(
        table,
        (candidate) => (held.get(candidate.number)?.until ?? 0) > now(),
      );
      const isLarge = segment !== undefined && segment.rows >= options.rowsWithoutPause;
      notBefore = isLarge ? 0 : now() + options.intervalMs;
      if (!segment) continue;
      const failure = await loadSegment(context, segment, held.get(segment.number)?.attempts ?? 0);
      if (!failure) {
        held.delete(segment.number);
        backoffMs = 0;
        continue;
      }
      backoffMs = Math.min(options.backoffMsMax, Math.max(options.backoffMsMin, backoffMs * 2));
      notBefore = now() + backoffMs;
      noteFailure(context, segment, failure, held);
    }
  }
}

function noteFailure(
  context: LoaderContext,
  segment: Segment,
  failure: InsertFailure,
  held: Map<number, Held>,
): void {
  const { figures, log, options, now } = context;
  figures.failures++;
  if (figures.lastFailure !== failure.message)
    log.warn('ClickHouse did not take a segment; it stays in the spool and is tried again', {
      table: segment.table,
      segment: segment.number,
      code: failure.code,
      reason: failure.message,
    });
  figures.lastFailure = failure.message;
  if (failure.kind === 'away') return context.setUnready();
  const entry = held.get(segment.number) ?? { attempts: 0, until: 0 };
  entry.attempts++;
  if (entry.attempts >= options.attemptsBeforeOthersGoFirst) entry.until = now() + options.backoffMsMax * 2;
  held.set(segment.number, entry);
}

async function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  await sleep(durationMs, undefined, { signal }).catch(() => undefined);
}

/** Sends one segment and settles it; returns why that is still to be done. */
async function loadSegment(
  context: LoaderContext,
  segment: Segment,
  attempts: number,
): Promise<InsertFailure | undefined> {
  try {
    const payloads = await context.spool.readPayloads(segment);
    if (await isSplit(segment)) return await loadOneByOne(context, segment, payloads, attempts);
    const failure = await insertBlocks(context, segment, payloads, 0, attempts);
    if (failure?.kind === 'refused') {
      await writeDurably(splitMarker(segment), `${JSON.stringify({ reason: failure.message })}\n`);
      return await loadOneByOne(context, segment, payloads, attempts);
    }
    if (failure) return failure;
    await settle(context, segment, []);
    return undefined;
  } catch (error) {
    return { kind: 'other', code: 0, message: `The spool failed while loading: ${String(error)}` };
  }
}

/**
 * Sends blocks under one token. When a view goes on refusing them, the same token is sent once more without it: the
 * base table has the rows already, so no other token may carry them.
 */
async function insertBlocks(
  context: LoaderContext,
  segment: Segment,
  payloads: readonly Buffer[],
  offset: number,
  attempts: number,
): Promise<InsertFailure | undefined> {
  const { spool, inserts, options, log, figures } = context;
  const token = `${spool.id}-${segment.number}-${offset}`;
  const result = await inserts.insert(segment.table, segment.columns, payloads, token, 'all');
  if (result.ok) return undefined;
  if (result.kind !== 'view' || attempts + 1 < options.attemptsBeforeViewsAreLeftOut) return result;
  const without = await inserts.insert(segment.table, segment.columns, payloads, token, 'willing');
  if (!without.ok) return without;
  figures.withoutView++;
  log.error(
    'A materialized view refuses rows; they are stored without it and have to be derived again once it is mended',
    {
      table: segment.table,
      token,
      reason: result.message,
    },
  );
  return undefined;
}

async function isSplit(segment: Segment): Promise<boolean> {
  return access(splitMarker(segment)).then(
    () => true,
    () => false,
  );
}

/**
 * Sends the records of a refused segment each by itself, under tokens of their own, and quarantines those that are
 * refused again. The marker on disk makes a restart go on in the same way, so no row is sent under two tokens.
 */
async function loadOneByOne(
  context: LoaderContext,
  segment: Segment,
  payloads: readonly Buffer[],
  attempts: number,
): Promise<InsertFailure | undefined> {
  const refused: RecordSpan[] = [];
  for (const [index, record] of segment.records.entries()) {
    if (context.signal.aborted) return { kind: 'away', code: 0, message: 'The collector is stopping.' };
    const payload = payloads[index] as Buffer;
    const failure = await insertBlocks(context, segment, [payload], record.payloadAt, attempts);
    if (!failure) continue;
    if (failure.kind !== 'refused') return failure;
    await context.spool.quarantine(segment, record, payload, failure.message);
    context.figures.refusedBlocks++;
    refused.push(record);
  }
  await settle(context, segment, refused);
  return undefined;
}

async function settle(
  context: LoaderContext,
  segment: Segment,
  refused: readonly RecordSpan[],
): Promise<void> {
  context.figures.inserts++;
  context.figures.lastFailure = '';
  await context.spool.settle(segment, refused);
}
