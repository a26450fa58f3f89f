import { z } from 'zod';
import type { Message } from '../business/types.ts';

const Cause = z.object({ id: z.string(), trace: z.string() });

/** A message as it travels, in a request body, in a queue or in a file. */
const Wire = z.object({
  id: z.string().min(1).max(200),
  flow: z.string().min(1).max(100),
  transaction: z.string().max(200),
  trace: z.string().max(400),
  keys: z.array(z.string().max(200)).max(20),
  body: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  cause: Cause.optional(),
});

/** Reads what arrived; undefined when it is not a message of ours. */
export function readMessage(text: string): Message | undefined {
  try {
    const { cause, ...message } = Wire.parse(JSON.parse(text));
    return cause ? { ...message, cause } : message;
  } catch {
    return undefined;
  }
}
