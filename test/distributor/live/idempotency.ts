import type { Message } from '../business/types.ts';

/** The key under which a target refuses to do the same thing twice. */
export function idempotencyKey(message: Message): string {
  return message.id.replace(/\.twin$/, '');
}
