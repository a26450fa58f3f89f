import type { RejectReason } from '../decode/request-context.ts';
import type { Signal } from '../decode/tables.ts';
import type { Log } from '../log.ts';

const intervalMs = 10_000;

/** Logs refused items, at most one line per signal and reason in ten seconds, with the number since the last. */
export function createRejectionLog(
  log: Log,
  now: () => number,
): (signal: Signal, reason: RejectReason, items: number) => void {
  const pending = new Map<string, { items: number; loggedAt: number }>();
  return (signal, reason, items) => {
    const key = `${signal} ${reason}`;
    const entry = pending.get(key) ?? { items: 0, loggedAt: -Infinity };
    entry.items += items;
    if (now() - entry.loggedAt >= intervalMs) {
      log.warn('Items were refused; the sender was told so in the partial success', {
        signal,
        reason,
        items: entry.items,
      });
      entry.items = 0;
      entry.loggedAt = now();
    }
    pending.set(key, entry);
  };
}
