import { invalidate } from '$app/navigation';
import { replays } from '#lib/shell/live.ts';

const periodMs = 2000;

/** Asks anew every two seconds while figures move, also when no event comes; never while the page is hidden. */
export function pollWhile(isMoving: () => boolean): void {
  $effect(() => {
    if (!isMoving()) return;
    const timer = setInterval(() => {
      if (!document.hidden) void invalidate(replays, true);
    }, periodMs);
    return () => clearInterval(timer);
  });
}
