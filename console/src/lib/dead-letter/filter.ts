import { resolveTime, type Params } from '../time/range.ts';

/** Names of the filter in the address, as the API knows them; `died` is the console's own. */
const names = ['flow', 'state', 'cause', 'key', 'q', 'assignee', 'tag', 'snoozed', 'archived'] as const;
/** What still needs somebody. */
export const waitingStates = 'open,acknowledged';

export const diedWithin: readonly { value: string; label: string }[] = [
  { value: 'now-1h', label: 'Last hour' },
  { value: 'now-24h', label: 'Last 24 hours' },
  { value: 'now-7d', label: 'Last 7 days' },
  { value: 'now-30d', label: 'Last 30 days' },
];

/** Which letters: the words of the API, as its queries and its bodies both take them. */
export type LetterFilter = Readonly<Record<string, string | readonly string[]>>;

/** The filter of an address. Without a state it is what waits: open and acknowledged. */
export function filterOf(params: Params, nowMs: number): Record<string, string> {
  const filter: Record<string, string> = {};
  for (const name of names) {
    const value = params.get(name);
    if (value) filter[name] = value;
  }
  filter['state'] ??= waitingStates;
  const diedMs = resolveTime(params.get('died') ?? '', nowMs);
  if (diedMs !== undefined) filter['from'] = new Date(diedMs).toISOString();
  return filter;
}

/** Whether the address asks for less than all that waits. */
export function isFiltered(params: Params): boolean {
  return [...names, 'died'].some((name) => params.get(name));
}

/** What removes every filter from an address. */
export const noFilter: Record<string, undefined> = Object.fromEntries(
  [...names, 'died'].map((name) => [name, undefined]),
);

/** What a replay of a filter is asked for: what is quarantined is named too, so that the preview says it is left out. */
export function forReplay(filter: LetterFilter): LetterFilter {
  return filter['state'] === waitingStates ? { ...filter, state: `${waitingStates},quarantined` } : filter;
}
