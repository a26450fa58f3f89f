import { z } from '@hono/zod-openapi';
import { Problem } from './problem.ts';

/** Query parameters of a list. A cursor comes from the `nextCursor` of the answer before. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(2000).optional(),
});

/** Writes where the next page begins as an opaque text. */
export function encodeCursor(position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** Reads a cursor back into what `encodeCursor` was given. @throws Problem bad_request */
export function decodeCursor<Position extends z.ZodType>(
  cursor: string,
  schema: Position,
): z.output<Position> {
  const parsed = schema.safeParse(parse(cursor));
  if (parsed.success) return parsed.data;
  throw new Problem('bad_request', 'The cursor is not one of this list: start again without it.', {
    errors: [{ path: 'cursor', message: 'not a cursor of this list' }],
  });
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
