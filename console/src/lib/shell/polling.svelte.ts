import { invalidate } from '$app/navigation';

/** Asks anew for what changes while it moves, also when no event comes; never while the page is hidden. */
export function pollWhile(isMoving: () => boolean, changing: string, periodMs: number): void {
  $effect(() => {
    if (!isMoving()) return;
    const timer = setInterval(() => {
      if (!document.hidden) void invalidate(changing, true);
    }, periodMs);
    return () => clearInterval(timer);
  });
}
