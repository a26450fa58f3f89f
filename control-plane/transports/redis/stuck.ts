import { pause } from '../pause.ts';
import type { Arrival, TailOptions } from '../port.ts';
import type { Address, Stuck } from './address.ts';
import { arrivalOf } from './entry.ts';
import { Hopeless } from './failure.ts';
import { entriesOf, idsOf, pendingOf, type Pending } from './replies.ts';
import { wordsOf, type Session } from './session.ts';

const lookEveryMs = 1000;
const pageSize = 500;

type StuckAddress = Address & { readonly stuck: Stuck };

/** A pending entry and whether this reader has claimed it already. */
interface GivenUp extends Pending {
  readonly isOurs: boolean;
}

interface Found {
  readonly given: GivenUp;
  /** Trimmed or deleted from the stream. */
  readonly isGone: boolean;
  readonly arrival: Arrival;
}

export interface Reader {
  readonly session: Session;
  /** Consumer under which entries are claimed. */
  readonly reader: string;
  readonly now: () => Date;
}

/**
 * Takes pending entries that a group has delivered too often: claims them, so that no consumer works on them meanwhile,
 * stores them, and acknowledges them to the group. Claiming does not count as a delivery.
 */
export async function readStuck(by: Reader, address: StuckAddress, options: TailOptions): Promise<void> {
  while (!options.stop.aborted) {
    for await (const page of stuckPages(by.session, by.reader, address)) {
      for (let at = 0; at < page.length && !options.stop.aborted; at += options.batchMax)
        await take(by, address, page.slice(at, at + options.batchMax), options);
      if (options.stop.aborted) return;
    }
    await pause(lookEveryMs, options.stop);
  }
}

/** The entries that a group has given up on, page by page through all that it has pending. */
export async function* stuckPages(
  session: Session,
  reader: string,
  address: StuckAddress,
): AsyncGenerator<GivenUp[]> {
  const { deliveries, idleMs } = address.stuck;
  let from = '-';
  for (;;) {
    const page = await pendingPage(session, address, from);
    const ours = page.map((pending) => ({ ...pending, isOurs: pending.consumer === reader }));
    yield ours.filter(
      (pending) => pending.isOurs || (pending.deliveries >= deliveries && pending.idleMs >= idleMs),
    );
    const last = page.at(-1);
    if (!last || page.length < pageSize) return;
    from = `(${last.id}`;
  }
}

/** What arrivals pending entries are. One whose entry is gone arrives without a body, so that somebody hears of it. */
export async function readPending(
  session: Session,
  { stream, stuck, bodyField }: StuckAddress,
  pending: readonly GivenUp[],
  now: () => Date,
): Promise<Found[]> {
  const found = await Promise.all(pending.map(({ id }) => session.ask(['XRANGE', stream, id, id])));
  return pending.map((given, at) => {
    const { id, isOurs, consumer } = given;
    const entry = entriesOf(found[at] ?? [])[0] ?? { id, fields: null };
    const arrival = arrivalOf(stream, entry, bodyField);
    const isGone = entry.fields === null;
    const said = `delivered ${given.deliveries} times to ${stuck.group}${isOurs ? '' : `, last to ${consumer}`}`;
    return {
      given,
      isGone,
      arrival: {
        ...arrival,
        arrivalId: `${arrival.arrivalId}?group=${stuck.group}`,
        isFirstDelivery: !isOurs && !isGone,
        originalDestination: stream,
        failedAt: new Date(now().getTime() - given.idleMs),
        reason: isGone ? `${said}; ${arrival.reason}` : said,
        deliveries: given.deliveries,
      },
    };
  });
}

async function take(
  { session, reader, now }: Reader,
  address: StuckAddress,
  pending: readonly GivenUp[],
  options: TailOptions,
): Promise<void> {
  const { stream, stuck } = address;
  const found = await readPending(session, address, pending, now);
  const wanted = found.filter(({ isGone, given }) => !isGone && !given.isOurs).map(({ given }) => given.id);
  const claimed = new Set(await claim(session, reader, address, wanted));
  const taken = found.filter(({ isGone, given }) => isGone || given.isOurs || claimed.has(given.id));
  if (taken.length === 0) return;
  await options.store(taken.map(({ arrival }) => arrival));
  await session.ask(['XACK', stream, stuck.group, ...taken.map(({ given }) => given.id)]);
}

/** Those of the ids that are ours now: nobody has touched them since they were seen. */
async function claim(
  session: Session,
  reader: string,
  { stream, stuck }: StuckAddress,
  ids: readonly string[],
): Promise<string[]> {
  if (ids.length === 0) return [];
  const command = ['XCLAIM', stream, stuck.group, reader, String(stuck.idleMs), ...ids, 'JUSTID'];
  return idsOf(await session.ask(command));
}

async function pendingPage(
  session: Session,
  { stream, stuck }: StuckAddress,
  from: string,
): Promise<Pending[]> {
  try {
    return pendingOf(await session.ask(['XPENDING', stream, stuck.group, from, '+', String(pageSize)]));
  } catch (error) {
    if (!/^NOGROUP/.test(wordsOf(error))) throw error;
    throw new Hopeless(
      `Redis has no group ${stuck.group} on a stream ${stream}: correct the name in the catalog, or wait for its consumers to make it.`,
      { cause: error },
    );
  }
}
