import { z } from '@hono/zod-openapi';
import { Instant } from '../flows/schemas.ts';
import { DeadLetterState } from './schemas.ts';

/** PostgreSQL cannot hold NUL in text, nor half a surrogate pair. */
const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine(
      (value) => value.isWellFormed() && !value.includes('\0'),
      'holds a character that cannot be stored',
    );
const bytes = (max: number) => z.base64().max(Math.ceil(max / 3) * 4 + 4);
const mebibyte = 1024 * 1024;

/** One death of a letter, under the name by which its arrival is known. */
export const TransferAttempt = z.object({
  source: text(500),
  arrivalId: text(1000),
  generation: z.int().min(0),
  at: Instant,
  errorType: text(300),
  errorMessage: text(4000),
  stack: text(32_000),
  reason: text(1000).nullable(),
  deliveries: z.int().nullable(),
  traceId: text(32),
  spanId: text(16),
});

/**
 * One line of an export: a letter byte for byte, with its deaths. Assignees and notes stay behind: they name people of one
 * installation. What a replay holds is exported as open.
 */
export const TransferLetter = z
  .object({
    id: z.uuid(),
    flow: text(63),
    messageId: text(1000),
    state: DeadLetterState.exclude(['replaying']),
    cause: text(500),
    errorType: text(300),
    errorMessage: text(4000),
    failedAt: Instant,
    arrivedAt: Instant,
    keys: z.array(text(300)).max(50),
    version: z
      .string()
      .regex(/^\d{1,18}$/)
      .nullable(),
    value: z.object({ amount: z.string().regex(/^-?\d{1,20}(\.\d{1,10})?$/), currency: text(10) }).nullable(),
    traceId: text(32),
    spanId: text(16),
    generation: z.int().min(0).max(1_000_000),
    tags: z.array(text(60)).max(100),
    settledAt: Instant.nullable(),
    settledWhy: text(2000).nullable(),
    heldBack: z.boolean(),
    /** Null: there was none, which is not an empty one. */
    body: bytes(12 * mebibyte).nullable(),
    /** Names and values in base64, in their order. */
    headers: z.array(z.tuple([bytes(4096), bytes(mebibyte)])).max(1000),
    key: bytes(mebibyte).nullable(),
    partition: z.int().nullable(),
    contentType: text(1000).nullable(),
    destination: text(1000).nullable(),
    attempts: z.array(TransferAttempt).max(100),
  })
  .openapi('DeadLetterTransfer');
export type TransferLetter = z.infer<typeof TransferLetter>;

export const Imported = z.object({
  imported: z.int(),
  /** Their id, an arrival of theirs or their message was here already: left as they are. */
  known: z.int(),
});
