export type Command = 'palette' | 'help' | 'filter' | 'next' | 'previous';

export interface Press {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

export interface Target {
  readonly tagName?: string;
  readonly isContentEditable?: boolean;
}

const plain: Record<string, Command> = { '?': 'help', '/': 'filter', j: 'next', k: 'previous' };

/** Whether a key press is text for a field. */
export function isTyped(target: Target | null): boolean {
  return Boolean(target?.isContentEditable) || /^(input|textarea|select)$/i.test(target?.tagName ?? '');
}

/** Whether a key is pressed together with one that makes it another command. */
export function isCombined({ ctrlKey, metaKey, altKey }: Press): boolean {
  return ctrlKey || metaKey || altKey;
}

/** What a key press asks for. Nothing while a person types: a letter in a text field is a letter. */
export function commandOf(press: Press, target: Target | null): Command | undefined {
  if (isTyped(target)) return undefined;
  if ((press.ctrlKey || press.metaKey) && !press.altKey && press.key.toLowerCase() === 'k') return 'palette';
  if (isCombined(press)) return undefined;
  return plain[press.key];
}

export const shortcutHelp: readonly { keys: string[]; does: string }[] = [
  { keys: ['Ctrl', 'K'], does: 'Find any order, shipment, invoice, trace, flow or page' },
  { keys: ['/'], does: 'Go to the filter of the page' },
  { keys: ['j'], does: 'Next row' },
  { keys: ['k'], does: 'Previous row' },
  { keys: ['Enter'], does: 'Open the row' },
  { keys: ['Esc'], does: 'Close what is open' },
  { keys: ['?'], does: 'Show these keys' },
];

/** Index of the row to go to; from nowhere the first (or last) one. */
export function nextRow(current: number, count: number, command: 'next' | 'previous'): number {
  if (count === 0) return -1;
  if (current < 0) return command === 'next' ? 0 : count - 1;
  return Math.min(count - 1, Math.max(0, current + (command === 'next' ? 1 : -1)));
}
