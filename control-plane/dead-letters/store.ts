import { createHash } from 'node:crypto';
import type { Flow } from '@plumbline/model/catalog/schema.ts';
import { inTransaction, type Executor } from '@plumbline/model/postgres/pool.ts';
import type { Context } from '../context.ts';
import type { Arrival } from '../transports/port.ts';
import {
  findArrivals,
  findLetters,
  findReplayed,
  insertAttempts,
  insertLetters,
  insertPayloads,
  lockIntake,
  lockLetters,
  reopen,
  type Item,
} from './intake-statements.ts';
import { readLetter, type Testimony } from './letter.ts';

/** One arrival, with what whoever handed it in says of it. */
export interface Intake {
  readonly arrival: Arrival;
  readonly said?: Testimony;
}

export interface Receipt {
  readonly id: string;
  /** This arrival was stored before, or its message had died before. */
  readonly known: boolean;
}

const lockCount = 64;
const triesMax = 4;

/**
 * Stores a batch of one flow in one transaction, and only then may it be acknowledged. The same arrival again changes
 * nothing; another death of a known message becomes an attempt of its letter and opens it again.
 * @returns receipts in the order of the batch
 */
export async function storeArrivals(
  context: Context,
  flow: Flow,
  source: string,
  batch: readonly Intake[],
): Promise<Receipt[]> {
  const { catalog } = context.catalog.current();
  const now = context.now();
  const items = batch.map(({ arrival, said }, at): Item => {
    const letter = readLetter(catalog, flow, arrival, now, said);
    return { arrival, letter, at, identity: `${letter.messageId} ${letter.payloadHash.toString('hex')}` };
  });
  const receipts = await unlessDeadlocked(() =>
    inTransaction(context.postgres, (on) => storeItems(context, on, flow.name, source, items)),
  );
  context.events.publish('dead-letters.changed', { flow: flow.name });
  return receipts;
}

/** A replay that settles the same letters at the same moment may lock them the other way round: PostgreSQL ends one of the two. */
async function unlessDeadlocked<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let nth = 1; ; nth += 1) {
    try {
      return await work();
    } catch (error) {
      const isDeadlock = error instanceof Error && 'code' in error && error.code === '40P01';
      if (!isDeadlock || nth === triesMax) throw error;
    }
  }
}

async function storeItems(
  context: Context,
  on: Executor,
  flow: string,
  source: string,
  given: readonly Item[],
): Promise<Receipt[]> {
  await lockIntake(
    on,
    given.flatMap(({ arrival, letter }) => [
      lockOf(source, arrival.arrivalId),
      lockOf(flow, letter.messageId),
    ]),
  );
  const seen = await findArrivals(on, source, given);
  const items = renameRepeated(context, given, seen);
  const fresh = firstOfEach(
    items.filter(({ arrival }) => !seen.has(arrival.arrivalId)),
    ({ arrival }) => arrival.arrivalId,
  );
  const { made, idOf } = await storeLetters(context, on, flow, fresh);
  const again = fresh.filter((item) => made.get(item.identity) !== idOf(item));
  const held = await lockLetters(on, again.map(idOf));
  if (again.some((item) => !held.has(idOf(item)))) throw new Error(wasDeleted);
  await reopen(
    on,
    again.map((item) => ({ id: idOf(item), letter: item.letter })),
    context.now(),
  );
  const attempts = await insertAttempts(on, source, fresh, idOf);
  if (attempts !== fresh.length) throw new Error(wasDeleted);
  const stored = new Map(fresh.map((item) => [item.arrival.arrivalId, idOf(item)]));
  return items.map(({ arrival, identity }) => ({
    id: seen.get(arrival.arrivalId) ?? stored.get(arrival.arrivalId) ?? '',
    known: seen.has(arrival.arrivalId) || !made.has(identity),
  }));
}

const wasDeleted = 'A dead letter was deleted while it died again: its arrival is taken in at the next try.';

/** Letters of what never arrived before: new ones, and known ones that died again. */
async function storeLetters(context: Context, on: Executor, flow: string, fresh: readonly Item[]) {
  const replayed = await findReplayed(on, flow, fresh);
  const firsts = firstOfEach(
    fresh.filter(({ at }) => !replayed.has(at)),
    ({ identity }) => identity,
  );
  const made = await insertLetters(
    on,
    flow,
    firsts,
    firsts.map(() => context.randomId()),
    context.now(),
  );
  await insertPayloads(on, firsts, made);
  const letters = await findLetters(
    on,
    flow,
    fresh.filter(({ at, identity }) => !replayed.has(at) && !made.has(identity)),
  );
  const idOf = (item: Item): string => {
    const id = replayed.get(item.at) ?? made.get(item.identity) ?? letters.get(item.identity);
    if (id === undefined) throw new Error(wasDeleted);
    return id;
  };
  return { made, idOf };
}

/** The same bytes, delivered for the first time though they were seen: another death, and nothing in it says so. */
function renameRepeated(context: Context, given: readonly Item[], seen: ReadonlyMap<string, string>): Item[] {
  const before = new Set(seen.keys());
  return given.map((item) => {
    const { arrivalId, isFirstDelivery } = item.arrival;
    const isRepeated = before.has(arrivalId);
    before.add(arrivalId);
    if (!isRepeated || !isFirstDelivery) return item;
    return { ...item, arrival: { ...item.arrival, arrivalId: `${arrivalId}#${context.randomId()}` } };
  });
}

export function lockOf(scope: string, name: string): number {
  return createHash('sha1').update(`${scope}\0${name}`).digest().readUInt16BE(0) % lockCount;
}

function firstOfEach(items: readonly Item[], keyOf: (item: Item) => string): Item[] {
  return [...new Map(items.toReversed().map((item) => [keyOf(item), item])).values()].toReversed();
}
