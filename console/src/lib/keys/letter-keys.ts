import { isCombined, isTyped, type Press, type Target } from './shortcuts.ts';

export type LetterCommand = 'select' | 'reach' | 'acknowledge' | 'replay' | 'edit' | 'clear';

const plain: Record<string, LetterCommand> = {
  x: 'select',
  X: 'reach',
  a: 'acknowledge',
  r: 'replay',
  e: 'edit',
  Escape: 'clear',
};

/** What a key asks for on a page of dead letters; nothing in a text field, nor with Ctrl, Alt or Meta. */
export function letterCommandOf(
  event: Press,
  target: (Target & { type?: string }) | null,
): LetterCommand | undefined {
  const isBox = /^input$/i.test(target?.tagName ?? '') && target?.type === 'checkbox';
  if ((!isBox && isTyped(target)) || isCombined(event)) return undefined;
  return plain[event.key];
}

export const letterKeys: readonly { keys: string[]; does: string }[] = [
  { keys: ['x'], does: 'Tick the row' },
  { keys: ['Shift', 'x'], does: 'Tick from the last ticked row to here' },
  { keys: ['a'], does: 'Acknowledge what is ticked, or the row' },
  { keys: ['r'], does: 'Replay what is ticked, or the row' },
  { keys: ['e'], does: 'Edit the message' },
];
