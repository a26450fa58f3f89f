import type { Entry } from './entry.ts';
import type { Reply } from './session.ts';

/** An entry that a group has delivered and nobody has acknowledged. */
export interface Pending {
  readonly id: string;
  readonly consumer: string;
  readonly idleMs: number;
  readonly deliveries: number;
}

/** A group of a stream; `lag`: entries that it has not delivered yet, null where the server does not know. */
export interface Group {
  readonly name: string;
  readonly pending: number;
  readonly lag: number | null;
  readonly lastDeliveredId: string;
}

/** Answer to XRANGE, or to XREADGROUP for one stream: id and fields of each. */
export function entriesOf(reply: Reply): Entry[] {
  return listOf(reply).map((item) => {
    const [id, fields] = listOf(item);
    const isThere = fields !== null && fields !== undefined;
    return { id: textOf(id), fields: isThere ? listOf(fields).map(bytesOf) : null };
  });
}

/** Answer to XREADGROUP of one stream; null: nothing came in time. */
export function readOf(reply: Reply): Entry[] {
  if (reply === null) return [];
  const [, entries] = listOf(listOf(reply)[0]);
  return entriesOf(entries ?? []);
}

export function pendingOf(reply: Reply): Pending[] {
  return listOf(reply).map((item) => {
    const [id, consumer, idleMs, deliveries] = listOf(item);
    return {
      id: textOf(id),
      consumer: textOf(consumer),
      idleMs: Number(idleMs),
      deliveries: Number(deliveries),
    };
  });
}

export function groupsOf(reply: Reply): Group[] {
  return listOf(reply).map((item) => {
    const facts = factsOf(item);
    const lag = facts.get('lag');
    return {
      name: textOf(facts.get('name')),
      pending: Number(facts.get('pending') ?? 0),
      lag: typeof lag === 'number' ? lag : null,
      lastDeliveredId: textOf(facts.get('last-delivered-id')),
    };
  });
}

/** Names and values in turn. */
export function factsOf(reply: Reply | undefined): Map<string, Reply> {
  const items = listOf(reply);
  const facts = new Map<string, Reply>();
  for (let at = 0; at + 1 < items.length; at += 2) facts.set(textOf(items[at]), items[at + 1] ?? null);
  return facts;
}

export function idsOf(reply: Reply): string[] {
  return listOf(reply).map(textOf);
}

/** @throws TypeError when the server answers otherwise than its documentation says */
export function listOf(reply: Reply | undefined): readonly Reply[] {
  if (Array.isArray(reply)) return reply as readonly Reply[];
  throw new TypeError(`Redis answered ${typeof reply} where a list was expected.`);
}

function textOf(reply: Reply | undefined): string {
  return bytesOf(reply).toString();
}

function bytesOf(reply: Reply | undefined): Buffer {
  if (Buffer.isBuffer(reply)) return reply;
  if (typeof reply === 'string' || typeof reply === 'number') return Buffer.from(String(reply));
  throw new TypeError(`Redis answered ${typeof reply} where a text was expected.`);
}
