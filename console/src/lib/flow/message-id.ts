import type { Message } from '../api-types.ts';

/** One attempt is one span; emitters without spans are told apart by time and id. */
export function messageId(message: Message): string {
  return `${message.traceId}:${message.spanId}:${message.at}:${message.messageId}:${message.operation}`;
}
