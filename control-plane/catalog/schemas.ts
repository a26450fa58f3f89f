import { z } from '@hono/zod-openapi';
import { Entity, Flow, Process, System } from '@plumbline/model/catalog/schema.ts';

const CatalogErrorView = z.object({
  file: z.string(),
  line: z.int(),
  column: z.int(),
  path: z.string(),
  message: z.string(),
});

export const CatalogView = z
  .object({
    hash: z.string(),
    loadedAt: z.iso.datetime(),
    /** `stale`: a newer edit was refused for `errors`, and this is the last good catalog. */
    status: z.enum(['ok', 'stale']),
    errors: z.array(CatalogErrorView),
    warnings: z.array(CatalogErrorView),
    systems: z.array(System),
    entities: z.array(Entity),
    flows: z.array(Flow),
    processes: z.array(Process),
  })
  .openapi('Catalog');
