import { invalidate } from '$app/navigation';
import { figures } from './live.ts';

/** Events of the API after which figures may have changed. */
const topics = ['telemetry.tick', 'catalog.changed'];
const refreshMsMin = 5000;
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
    let last = Date.now();

    const refresh = () => {
      if (document.hidden || Date.now() - last < refreshMsMin) return;
      last = Date.now();
      void invalidate(figures, true).then(() => (refreshedAtMs = Date.now()));
    };
    const connect = () => {
      state = 'connecting';
      source = new EventSource('/events');
      source.onopen = () => {
        state = 'live';
        waitMs = 1000;
      };
      for (const topic of topics) source.addEventListener(topic, refresh);
      source.onerror = () => {
        source?.close();
        state = 'lost';
        timer = setTimeout(connect, waitMs);
        waitMs = Math.min(waitMs * 2, reconnectMsMax);
      };
    };
    connect();
    document.addEventListener('visibilitychange', refresh);
    return () => {
      source?.close();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', refresh);
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
