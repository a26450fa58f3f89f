import { invalidate } from '$app/navigation';
import { figures, replays } from './live.ts';

/** Events of the API, and what may have changed after them. */
const topics: readonly (readonly [topic: string, changed: string])[] = [
  ['telemetry.tick', figures],
  ['catalog.changed', figures],
  ['dead-letters.changed', figures],
  ['incidents.changed', figures],
  ['replay.changed', replays],
];
const refreshMsMin: Record<string, number> = { [figures]: 5000, [replays]: 1000 };
const reconnectMsMax = 60_000;

export interface Live {
  readonly state: 'off' | 'connecting' | 'live' | 'lost';
  readonly refreshedAtMs: number;
}

/**
 * Follows the server's events while `wanted` and refreshes figures when they say that something is new;
 * never while the page is hidden. A lost stream is taken up again, more and more slowly.
 */
export function follow(wanted: () => boolean): Live {
  let state = $state<Live['state']>('off');
  let refreshedAtMs = $state(Date.now());

  $effect(() => {
    if (!wanted()) {
      state = 'off';
      return;
    }
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let waitMs = 1000;
    const last: Record<string, number> = { [figures]: Date.now() };
    const pending: Record<string, ReturnType<typeof setTimeout> | undefined> = {};

    /** At once, or when enough time has passed: the last event of many must not get lost. */
    const refresh = (changed: string) => {
      if (document.hidden || pending[changed]) return;
      const dueMs = (last[changed] ?? 0) + (refreshMsMin[changed] ?? 0) - Date.now();
      const run = () => {
        pending[changed] = undefined;
        last[changed] = Date.now();
        void invalidate(changed, true).then(() => (refreshedAtMs = Date.now()));
      };
      if (dueMs <= 0) run();
      else pending[changed] = setTimeout(run, dueMs);
    };
    const seen = () => [figures, replays].forEach(refresh);
    const connect = () => {
      state = 'connecting';
      source = new EventSource('/events');
      source.onopen = () => {
        state = 'live';
        waitMs = 1000;
      };
      for (const [topic, changed] of topics) source.addEventListener(topic, () => refresh(changed));
      source.onerror = () => {
        source?.close();
        state = 'lost';
        timer = setTimeout(connect, waitMs);
        waitMs = Math.min(waitMs * 2, reconnectMsMax);
      };
    };
    connect();
    document.addEventListener('visibilitychange', seen);
    return () => {
      source?.close();
      clearTimeout(timer);
      for (const waiting of Object.values(pending)) clearTimeout(waiting);
      document.removeEventListener('visibilitychange', seen);
    };
  });

  return {
    get state() {
      return state;
    },
    get refreshedAtMs() {
      return refreshedAtMs;
    },
  };
}
