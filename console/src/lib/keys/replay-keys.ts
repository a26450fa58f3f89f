import type { Decision } from '../replay/decisions.ts';
import { isCombined, isTyped, type Press, type Target } from './shortcuts.ts';

/** What goes on, by the key that asks for it; of several the one that is open now. */
const plain: Record<string, readonly Decision[]> = {
  a: ['approve', 'submit', 'start'],
  p: ['pause', 'resume'],
};

/** The decision that a key asks for on the page of a replay, of those that are open to this person; nothing in a text field. */
export function decisionOf(
  event: Press,
  target: Target | null,
  may: readonly Decision[],
): Decision | undefined {
  if (isTyped(target) || isCombined(event)) return undefined;
  return plain[event.key]?.find((decision) => may.includes(decision));
}

export const replayKeys: readonly { keys: string[]; does: string }[] = [
  { keys: ['a'], does: 'Approve the replay, or ask for approval' },
  { keys: ['p'], does: 'Pause or resume it' },
];
