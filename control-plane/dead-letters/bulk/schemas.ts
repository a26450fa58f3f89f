import { z } from '@hono/zod-openapi';
import { Instant } from '../../flows/schemas.ts';

/** A change of more letters than are changed at once: worked off in parts, and stopped between two of them. */
export const DeadLetterBulk = z
  .object({
    id: z.string(),
    state: z.enum(['running', 'done', 'cancelled', 'failed']),
    /** What is done, as in the request: `acknowledge`, `tag` and so on. */
    kind: z.string(),
    requestedBy: z.string(),
    requestedAt: Instant,
    endedAt: Instant.nullable(),
    /** How many the filter named at the request. Some may have left it before their turn came. */
    letters: z.int(),
    changed: z.int(),
    /** In a replay, or not in a state that allows it. */
    skipped: z.int(),
    /** Locked by somebody else when their turn came: tried again until they are free. `letters` are the first of them. */
    held: z.object({ count: z.int(), letters: z.array(z.string()), by: z.string() }).nullable(),
    /** Why the last part failed; it is tried again until the state says `failed`. */
    error: z.string().nullable(),
  })
  .openapi('DeadLetterBulk');
export type DeadLetterBulk = z.infer<typeof DeadLetterBulk>;

export const DeadLetterBulks = z.object({ items: z.array(DeadLetterBulk) });
