import { z } from '@hono/zod-openapi';
import { Health, Instant, Range } from '../flows/schemas.ts';

export const SystemView = z.object({
  name: z.string(),
  title: z.string(),
  owner: z.string(),
  exposure: z.enum(['internal', 'partner']),
  timeZone: z.string(),
  declared: z.boolean(),
  services: z.array(z.string()),
  health: Health,
  spans: z.int(),
  errors: z.int(),
  lastSeenAt: Instant.nullable(),
  /** Ingest minus emit time of the quickest hundredth; a negative figure is a clock that runs ahead. */
  skewMs: z.number().nullable(),
  incoming: z.array(z.string()),
  outgoing: z.array(z.string()),
  entities: z.array(z.string()),
});
export type SystemView = z.infer<typeof SystemView>;

export const SystemList = z.object({ range: Range, items: z.array(SystemView) });
