import type { commandOf } from './shortcuts.ts';

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
  event: Parameters<typeof commandOf>[0],
  target: (NonNullable<Parameters<typeof commandOf>[1]> & { type?: string }) | null,
): LetterCommand | undefined {
  const isBox = /^input$/i.test(target?.tagName ?? '') && target?.type === 'checkbox';
  if (!isBox && (target?.isContentEditable || /^(input|textarea|select)$/i.test(target?.tagName ?? '')))
    return undefined;
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  return plain[event.key];
}

export const letterKeys: readonly { keys: string[]; does: string }[] = [
  { keys: ['x'], does: 'Tick the row' },
  { keys: ['Shift', 'x'], does: 'Tick from the last ticked row to here' },
  { keys: ['a'], does: 'Acknowledge what is ticked, or the row' },
  { keys: ['r'], does: 'Replay what is ticked, or the row' },
  { keys: ['e'], does: 'Edit the message' },
];
