import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { createSchemaCompiler } from './entity-schemas.ts';
import { catalogJsonSchema, catalogJsonSchemaText } from './json-schema.ts';

const read = (name: string): Promise<string> => readFile(path.join(import.meta.dirname, name), 'utf8');

it('is committed in its current form (else: node deploy/local/plumbline.ts schema > model/catalog/catalog.schema.json)', async () => {
  expect(await read('catalog.schema.json')).toBe(catalogJsonSchemaText());
});

it('accepts the example files and refuses a misspelt key', async () => {
  const validate = createSchemaCompiler().compile(catalogJsonSchema());
  for (const name of ['systems', 'entities', 'flows', 'processes']) {
    expect(validate(parse(await read(`example/${name}.yaml`))), name).toBe(true);
  }
  expect(validate({ flws: [] })).toBe(false);
});
