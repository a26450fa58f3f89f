import { createContext } from 'svelte';

/** The reader's time zone and the present moment, which the layout keeps ticking. */
export interface Clock {
  zone: string;
  nowMs: number;
}

const [get, set] = createContext<Clock>();

export const useClock = get;

export function provideClock(zone: string, nowMs: number): Clock {
  const clock = $state({ zone, nowMs });
  return set(clock);
}
