import { createRoute, z } from '@hono/zod-openapi';
import { catalogJsonSchema } from '@plumbline/model/catalog/json-schema.ts';
import type { Context } from '../context.ts';
import { problemResponses } from '../problem.ts';
import { createRouter } from '../router.ts';
import { CatalogView } from './schemas.ts';

const errorsShownMax = 200;

const readCatalog = createRoute({
  method: 'get',
  path: '/catalog',
  summary: 'The catalog in force',
  responses: {
    200: {
      description: 'Systems, entities, flows and processes',
      content: { 'application/json': { schema: CatalogView } },
    },
    ...problemResponses,
  },
});

const readCatalogSchema = createRoute({
  method: 'get',
  path: '/catalog/schema',
  summary: 'JSON Schema of a catalog file, for editors',
  responses: {
    200: {
      description: 'JSON Schema, draft 2020-12',
      content: { 'application/json': { schema: z.record(z.string(), z.unknown()) } },
    },
    ...problemResponses,
  },
});

export function catalogRoutes(context: Context) {
  return createRouter()
    .openapi(readCatalog, (c) => {
      const { catalog, loadedAt, errors, warnings } = context.catalog.current();
      const view = {
        hash: catalog.hash,
        loadedAt: loadedAt.toISOString(),
        status: errors.length > 0 ? ('stale' as const) : ('ok' as const),
        errors: errors.slice(0, errorsShownMax),
        warnings: warnings.slice(0, errorsShownMax),
        systems: [...catalog.systems],
        entities: [...catalog.entities],
        flows: [...catalog.flows],
        processes: [...catalog.processes],
      };
      return c.json(view, 200);
    })
    .openapi(readCatalogSchema, (c) => c.json(catalogJsonSchema(), 200));
}
