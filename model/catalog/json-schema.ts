import { z } from 'zod';
import { documentSchemas } from './openslo.ts';
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

/** JSON Schema of one document with a kind of its own: OpenSLO v1, or a calendar. `objective.schema.json` is this. */
export function documentJsonSchema(): Record<string, unknown> {
  const kinds = z.union(Object.values(documentSchemas));
  const { $schema, ...rest } = z.toJSONSchema(kinds, { io: 'input' });
  return {
    $schema,
    title: 'Plumbline objectives',
    description: 'Objectives, indicators and alert policies as OpenSLO v1, and business calendars.',
    ...rest,
  };
}

/** The committed text of `objective.schema.json`. */
export function documentJsonSchemaText(): string {
  return `${JSON.stringify(documentJsonSchema(), null, 2)}\n`;
}
