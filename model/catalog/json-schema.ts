import { z } from 'zod';
import { CatalogFile } from './schema.ts';

/** JSON Schema of one catalog file, for editors. `catalog.schema.json` is this, printed. */
export function catalogJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(CatalogFile, { io: 'input' });
  return {
    $schema,
    title: 'Plumbline catalog',
    description: 'Systems, entities, flows and processes of a distribution business.',
    ...rest,
  };
}

/** The committed text of `catalog.schema.json`. */
export function catalogJsonSchemaText(): string {
  return `${JSON.stringify(catalogJsonSchema(), null, 2)}\n`;
}
