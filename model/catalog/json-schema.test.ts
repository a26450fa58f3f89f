import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { createSchemaCompiler } from './entity-schemas.ts';
import {
  catalogJsonSchema,
  catalogJsonSchemaText,
  documentJsonSchema,
  documentJsonSchemaText,
} from './json-schema.ts';

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

it('is committed for objectives too (else: node deploy/local/plumbline.ts schema objectives > model/catalog/objective.schema.json)', async () => {
  expect(await read('objective.schema.json')).toBe(documentJsonSchemaText());
});

it('accepts the objectives of the example and refuses a misspelt kind', async () => {
  const validate = createSchemaCompiler().compile(documentJsonSchema());
  const documents = parseAllDocuments(await read('example/objectives.yaml')).map(
    (document) => document.toJS() as Record<string, unknown>,
  );
  expect(documents.length).toBeGreaterThan(2);
  for (const document of documents) expect(validate(document)).toBe(true);
  expect(validate({ ...documents[0], kind: 'SLOO' })).toBe(false);
});
