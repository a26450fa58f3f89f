import type { Message, Transaction } from '../api-types.ts';

type BusinessEvent = Transaction['events'][number];

/** One thing that happened to a transaction: a business fact or an attempt to move a message. */
export type Happening =
  | {
      readonly kind: 'event';
      readonly atMs: number;
      readonly at: string;
      readonly system: string;
      readonly event: BusinessEvent;
    }
  | {
      readonly kind: 'message';
      readonly atMs: number;
      readonly at: string;
      readonly system: string;
      readonly message: Message;
    };

export type TimelineFilter = 'all' | 'events' | 'messages' | 'problems';

/** Events and messages in the order of their times; of equal times the message that caused comes first. */
export function timelineOf(transaction: Pick<Transaction, 'events' | 'messages'>): Happening[] {
  const happenings: Happening[] = [
    ...transaction.messages.map((message) => ({
      kind: 'message' as const,
      at: message.at,
      atMs: Date.parse(message.at),
      system: message.service,
      message,
    })),
    ...transaction.events.map((event) => ({
      kind: 'event' as const,
      at: event.at,
      atMs: Date.parse(event.at),
      system: event.system,
      event,
    })),
  ];
  return happenings.toSorted((a, b) => a.atMs - b.atMs);
}

export function isProblem(happening: Happening): boolean {
  return happening.kind === 'message' && happening.message.outcome !== 'delivered';
}

export function filterTimeline(happenings: readonly Happening[], filter: TimelineFilter): Happening[] {
  if (filter === 'all') return [...happenings];
  if (filter === 'problems') return happenings.filter(isProblem);
  return happenings.filter((one) => (filter === 'events' ? one.kind === 'event' : one.kind === 'message'));
}

/** For each happening the keys that turn up for the first time; the lead key is known from the start. */
export function firstKeys(happenings: readonly Happening[], lead: string): string[][] {
  const seen = new Set([lead]);
  return happenings.map((happening) => {
    const { keys } = happening.kind === 'event' ? happening.event : happening.message;
    const fresh = keys.filter((key) => !seen.has(key));
    for (const key of fresh) seen.add(key);
    return fresh;
  });
}

export function parseTimelineFilter(text: string | null): TimelineFilter {
  return text === 'events' || text === 'messages' || text === 'problems' ? text : 'all';
}

/** Attributes of an event that say something new: without names that stand elsewhere on the line. */
export function eventDetails(event: BusinessEvent): [name: string, value: string][] {
  return Object.entries(event.attributes).filter(
    ([name]) => !name.startsWith('business.') && name !== 'event.name',
  );
}
