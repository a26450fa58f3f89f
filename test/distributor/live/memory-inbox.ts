import type { Inbox, Tally, Totals } from './inbox.ts';
import { idempotencyKey } from './idempotency.ts';

const messagesMax = 50_000;

/** The inbox of a run without a database: it forgets the oldest messages, and everything when it ends. */
export function createMemoryInbox(once: boolean): Inbox {
  const counts = new Map<string, { deliveries: number; effects: number }>();
  const done = new Set<string>();
  const of = (id: string): { deliveries: number; effects: number } => {
    const known = counts.get(id) ?? { deliveries: 0, effects: 0 };
    counts.set(id, known);
    if (counts.size > messagesMax) dropFirst(counts);
    return known;
  };
  const tally = (messageId: string): Tally => ({
    messageId,
    ...(counts.get(messageId) ?? { deliveries: 0, effects: 0 }),
  });
  return {
    arrived: (message) => Promise.resolve(++of(message.id).deliveries),
    effect(message) {
      const key = idempotencyKey(message);
      if (once && done.has(key)) return Promise.resolve(false);
      done.add(key);
      if (done.size > messagesMax) dropFirst(done);
      of(message.id).effects += 1;
      return Promise.resolve(true);
    },
    remember(tries) {
      for (const { message, deliveries } of tries) of(message.id).deliveries ||= deliveries;
      return Promise.resolve();
    },
    tallies: (ids) => Promise.resolve(ids.map(tally)),
    totals: (ids = [...counts.keys()]) =>
      Promise.resolve(sum(ids.map(tally).filter(({ deliveries }) => deliveries > 0))),
    close: () => Promise.resolve(),
  };
}

function sum(tallies: readonly Tally[]): Totals {
  return {
    messages: tallies.length,
    delivered: tallies.reduce((all, { deliveries }) => all + deliveries, 0),
    effects: tallies.reduce((all, { effects }) => all + effects, 0),
    doubled: tallies.filter(({ effects }) => effects > 1).length,
  };
}

function dropFirst(keys: { keys(): Iterator<string>; delete(key: string): unknown }): void {
  const oldest = keys.keys().next();
  if (!oldest.done) keys.delete(oldest.value);
}
