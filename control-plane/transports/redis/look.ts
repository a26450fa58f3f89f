import type { Arrival, Promises } from '../port.ts';
import { addressOf, type Address } from './address.ts';
import { arrivalOf } from './entry.ts';
import { noStream } from './failure.ts';
import { entriesOf, factsOf, groupsOf, pendingOf, type Group } from './replies.ts';
import { wordsOf, type Session } from './session.ts';
import { readPending, stuckPages } from './stuck.ts';

/**
 * How many entries wait: what our group has not stored yet; where it does not read, what the slowest group has not done
 * yet, or the whole stream; of a group, what it has given up on.
 */
export async function countWaiting(session: Session, reader: string, destination: string): Promise<number> {
  const { stuck, ...address } = addressOf(destination);
  const groups = await groupsOn(session, address.stream);
  if (stuck) {
    let count = 0;
    for await (const page of stuckPages(session, reader, { ...address, stuck })) count += page.length;
    return count;
  }
  const length = Number(await session.ask(['XLEN', address.stream]));
  const waits = ({ pending, lag }: Group) => pending + (lag ?? length);
  const ours = groups.find(({ name }) => name === reader);
  if (ours) return waits(ours);
  return groups.length === 0 ? length : Math.max(...groups.map(waits));
}

/** Entries that wait, the oldest first. Nothing is claimed or delivered by looking. */
export async function readWaiting(
  session: Session,
  reader: string,
  destination: string,
  limit: number,
  now: () => Date,
): Promise<Arrival[]> {
  const { stuck, ...address } = addressOf(destination);
  const groups = await groupsOn(session, address.stream);
  if (!stuck)
    return readUnread(
      session,
      groups.find(({ name }) => name === reader),
      address,
      limit,
    );
  const arrivals: Arrival[] = [];
  for await (const page of stuckPages(session, reader, { ...address, stuck })) {
    const part = page.slice(0, limit - arrivals.length);
    const found = await readPending(session, { ...address, stuck }, part, now);
    arrivals.push(...found.map(({ arrival }) => arrival));
    if (arrivals.length >= limit) break;
  }
  return arrivals;
}

async function readUnread(
  session: Session,
  ours: Group | undefined,
  { stream, bodyField }: Omit<Address, 'stuck'>,
  limit: number,
): Promise<Arrival[]> {
  const range = (from: string, to: string, count: number) =>
    session.ask(['XRANGE', stream, from, to, 'COUNT', String(count)]);
  const pending = ours
    ? pendingOf(await session.ask(['XPENDING', stream, ours.name, '-', '+', String(limit)]))
    : [];
  const begun = await Promise.all(pending.map(({ id }) => range(id, id, 1)));
  const entries = begun.flatMap(entriesOf);
  if (entries.length < limit) {
    const from = ours ? `(${ours.lastDeliveredId}` : '-';
    entries.push(...entriesOf(await range(from, '+', limit - entries.length)));
  }
  return entries.map((entry) => arrivalOf(stream, entry, bodyField));
}

/**
 * Durable only if every write is on disk before its answer. How the server keeps things is read from its settings, which
 * it may refuse to tell; then nothing is claimed.
 */
export async function readPromises(session: Session, destination: string): Promise<Promises> {
  const { stream } = addressOf(destination);
  const [groups, facts, settings] = await Promise.all([
    groupsOn(session, stream),
    session.ask(['XINFO', 'STREAM', stream]).then(factsOf),
    settingsOf(session),
  ]);
  const length = Number(facts.get('length') ?? 0);
  const removed = Number(facts.get('entries-added') ?? length) - length;
  const sentences = [
    `Stream ${stream}, ${length} entries`,
    ...(removed > 0 ? [`${removed} were trimmed or deleted so far`] : []),
    keptAs(settings),
    ...(groups.length > 1 ? [`${groups.length} groups read it, and each gets a replay`] : []),
    ...(groups.length === 0 ? ['no group reads it'] : []),
    'Redis drops no second send: consumers must know the message id',
  ];
  return {
    durable: durabilityOf(settings),
    unroutableNoticed: true,
    deduplicates: null,
    keepsOrder: true,
    note: `${sentences.join('; ')}.`,
  };
}

interface Settings {
  readonly appends: boolean;
  readonly syncs: string;
  /** Keys may be thrown away when memory is short. */
  readonly evicts: boolean;
}

async function settingsOf(session: Session): Promise<Settings | undefined> {
  const asked = ['appendonly', 'appendfsync', 'maxmemory', 'maxmemory-policy'];
  try {
    const answers = await Promise.all(
      asked.map((name) => session.ask(['CONFIG', 'GET', name]).then(factsOf)),
    );
    const [appendonly, appendfsync, maxmemory, policy] = answers.map((facts, at) =>
      String(facts.get(asked[at] ?? '') ?? ''),
    );
    if (appendonly === undefined || appendonly === '') return undefined;
    const isBounded = maxmemory !== '0' && maxmemory !== '';
    return {
      appends: appendonly === 'yes',
      syncs: appendfsync ?? '',
      evicts: isBounded && (policy ?? '').startsWith('allkeys'),
    };
  } catch {
    // Hosted servers refuse CONFIG; so may the rights of the user.
    return undefined;
  }
}

function durabilityOf(settings: Settings | undefined): Promises['durable'] {
  if (!settings) return 'unknown';
  return settings.appends && settings.syncs === 'always' && !settings.evicts ? 'yes' : 'no';
}

function keptAs(settings: Settings | undefined): string {
  if (!settings) return 'the server does not tell how it is kept (CONFIG is refused)';
  if (settings.evicts)
    return 'the server throws keys away when memory is short (maxmemory-policy allkeys): it can lose all';
  if (!settings.appends) return 'no append-only file: a crash loses what came since the last snapshot';
  if (settings.syncs === 'always') return 'on disk before it is confirmed (appendfsync always)';
  return `appendfsync ${settings.syncs}: a power cut can lose what was accepted in the last second or more`;
}

async function groupsOn(session: Session, stream: string): Promise<Group[]> {
  try {
    return groupsOf(await session.ask(['XINFO', 'GROUPS', stream]));
  } catch (error) {
    if (/no such key/i.test(wordsOf(error))) throw new Error(noStream(stream), { cause: error });
    throw error;
  }
}
