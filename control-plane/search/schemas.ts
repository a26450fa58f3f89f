import { z } from '@hono/zod-openapi';
import { Instant } from '../flows/schemas.ts';

/** Where Ctrl+K can lead: `transaction` by any business key, `trace` by id, `flow` and `system` by name. */
export const SearchHit = z.object({
  kind: z.enum(['transaction', 'trace', 'flow', 'system']),
  /** Key, trace id or name: the part of the console's address that names it. */
  id: z.string(),
  title: z.string(),
  detail: z.string(),
  lastAt: Instant.nullable(),
});
export type SearchHit = z.infer<typeof SearchHit>;

export const SearchResult = z.object({ query: z.string(), items: z.array(SearchHit) });
