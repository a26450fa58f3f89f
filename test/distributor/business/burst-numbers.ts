import { serialsPerHour, slotOf } from './calendar.ts';

const hourMs = 3_600_000;
/** So many of an hour's numbers are left to those orders of its own that occur twice. */
const duplicatesMax = 480;

/** Hands out numbers that no arrival has: those at the end of the hour. */
export function createBurstNumbers(): {
  /** Undefined when the hour has not so many left. */
  take(count: number, atMs: number): string[] | undefined;
} {
  let hour = 0;
  let used = 0;
  return {
    take(count, atMs) {
      const present = Math.floor(atMs / hourMs);
      if (present !== hour) [hour, used] = [present, 0];
      if (used + count > serialsPerHour - duplicatesMax) return undefined;
      const last = slotOf(hour) + 2 * serialsPerHour - 1 - used;
      used += count;
      return Array.from({ length: count }, (_, index) => String(last - index).padStart(8, '0'));
    },
  };
}
