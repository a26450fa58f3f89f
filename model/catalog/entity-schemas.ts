import { Ajv2020, type AnySchema, type ErrorObject } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { type CatalogError } from './catalog-error.ts';
import { checkPattern } from './id-pattern.ts';
import { errorAt, type ItemOf, type Located, resolveBeside } from './parse-files.ts';
import { childOf } from './yaml-source.ts';
import { didYouMean, suggest } from './suggest.ts';
import { type Path, type YamlSource } from './yaml-source.ts';

type EntityItem = ItemOf<'entities'>;
type JsonSchema = Record<string, unknown>;

export interface ReadEntity {
  readonly entity: EntityItem;
  readonly errors: readonly CatalogError[];
  readonly warnings: readonly CatalogError[];
}

/** Where a schema stands: inline in the entity or in a file of its own. */
interface SchemaPlace {
  readonly schema: JsonSchema;
  readonly error: (within: Path, message: string, part?: 'key' | 'value') => CatalogError;
  readonly keyNamed: (name: string) => { line: number; column: number } | undefined;
}

/** Replaces each schema path by the schema itself and compiles it, so that a broken one is refused here. */
export function readEntitySchemas(
  located: Located<EntityItem>,
  sources: ReadonlyMap<string, YamlSource>,
): ReadEntity {
  const { item } = located;
  const errors: CatalogError[] = [];
  const schemas: Record<string, JsonSchema> = {};
  for (const [version, declared] of Object.entries(item.schemas)) {
    const place =
      typeof declared === 'string'
        ? fromFile(located, version, declared, sources)
        : inline(located, version, declared);
    if ('message' in place) {
      errors.push(place);
      continue;
    }
    schemas[version] = place.schema;
    errors.push(...checkSchema(place));
  }
  errors.push(...checkIdPattern(located));
  const warnings = errors.length === 0 ? misspeltFields(located, Object.values(schemas)) : [];
  return { entity: { ...item, schemas }, errors, warnings };
}

/** Compiler of entity schemas, the same wherever events are checked against them. Formats are asserted. */
export function createSchemaCompiler(): Ajv2020 {
  const compiler = new Ajv2020({
    strict: true,
    strictTypes: false,
    strictRequired: false,
    allErrors: false,
    logger: false,
  });
  addFormats.default(compiler);
  return compiler;
}

function fromFile(
  located: Located<EntityItem>,
  version: string,
  named: string,
  sources: ReadonlyMap<string, YamlSource>,
): SchemaPlace | CatalogError {
  const within = ['schemas', version];
  const file = resolveBeside(located.source.file, named);
  if (file === undefined) {
    return errorAt(located, within, `"${named}" leaves the catalog directory; copy the schema into it`);
  }
  const source = sources.get(file);
  if (source === undefined) {
    return errorAt(
      located,
      within,
      `there is no schema file "${file}"${didYouMean(file, [...sources.keys()])}`,
    );
  }
  if (source.errors[0]) return source.errors[0];
  if (!isMapping(source.value)) {
    return { file, line: 1, column: 1, path: '', message: 'a JSON Schema is a mapping; write one' };
  }
  return {
    schema: source.value,
    error: (path, message, part) => ({
      file,
      ...source.locate(path, part),
      path: path.map(String).join('.'),
      message,
    }),
    keyNamed: (name) => source.locateKeyNamed(name),
  };
}

function inline(located: Located<EntityItem>, version: string, schema: JsonSchema): SchemaPlace {
  return {
    schema,
    error: (path, message, part) => errorAt(located, ['schemas', version, ...path], message, part),
    keyNamed: () => undefined,
  };
}

function checkSchema(place: SchemaPlace): CatalogError[] {
  const compiler = createSchemaCompiler();
  const declaredDialect = place.schema['$schema'];
  if (declaredDialect !== undefined && declaredDialect !== 'https://json-schema.org/draft/2020-12/schema') {
    const message =
      'only draft 2020-12 is read; write https://json-schema.org/draft/2020-12/schema or leave $schema out';
    return [place.error(['$schema'], message)];
  }
  const slow = slowPatterns(place);
  if (slow.length > 0) return slow;
  if (compiler.validateSchema(place.schema) !== true)
    return (compiler.errors ?? []).slice(0, 5).map((error) => broken(place, error));
  try {
    compiler.compile(place.schema as AnySchema);
    return [];
  } catch (error) {
    return [uncompilable(place, error instanceof Error ? error.message : String(error))];
  }
}

function broken(place: SchemaPlace, { instancePath, message, params }: ErrorObject): CatalogError {
  const path = instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const allowed = Array.isArray(params['allowedValues']) ? `: ${params['allowedValues'].join(', ')}` : '';
  return place.error(path, `not a valid JSON Schema: ${message ?? 'unreadable'}${allowed}`);
}

function uncompilable(place: SchemaPlace, message: string): CatalogError {
  const keyword = /unknown keyword: "([^"]+)"/.exec(message)?.[1];
  if (keyword !== undefined) {
    const error = place.error([], `unknown JSON Schema keyword "${keyword}"; correct or remove it`);
    return { ...error, ...place.keyNamed(keyword) };
  }
  const reference = /can't resolve reference (\S+)/.exec(message)?.[1];
  if (reference !== undefined) {
    return place.error([], `$ref "${reference}" leads nowhere; put what it means under $defs of this schema`);
  }
  return place.error([], `not a usable JSON Schema: ${message.replace(/^strict mode: /, '')}`);
}

/** Patterns in a schema meet text from outside, so they must be as harmless as id patterns. */
function slowPatterns(place: SchemaPlace): CatalogError[] {
  const errors: CatalogError[] = [];
  const pending: { value: unknown; path: Path }[] = [{ value: place.schema, path: [] }];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { value, path } = next;
    if (typeof value !== 'object' || value === null) continue;
    const pattern = childOf(value, 'pattern');
    // A property that is itself called `pattern` holds a schema, not a text.
    if (typeof pattern === 'string')
      errors.push(...refusedPattern(place, pattern, [...path, 'pattern'], 'value'));
    const byPattern = childOf(value, 'patternProperties');
    if (isMapping(byPattern)) {
      for (const key of Object.keys(byPattern))
        errors.push(...refusedPattern(place, key, [...path, 'patternProperties', key], 'key'));
    }
    for (const [key, child] of Object.entries(value)) pending.push({ value: child, path: [...path, key] });
  }
  return errors;
}

function refusedPattern(
  place: SchemaPlace,
  pattern: string,
  path: Path,
  part: 'key' | 'value',
): CatalogError[] {
  const verdict = checkPattern(pattern);
  return verdict.ok ? [] : [place.error(path, `this pattern ${verdict.reason}`, part)];
}

function checkIdPattern(located: Located<EntityItem>): CatalogError[] {
  const { idPattern } = located.item;
  if (idPattern === undefined) return [];
  const verdict = checkPattern(idPattern);
  return verdict.ok ? [] : [errorAt(located, ['idPattern'], `this pattern ${verdict.reason}`)];
}

/**
 * Fields with an authority or a mask that are nearly, but not quite, a field of the schema: most likely misspelt. Other
 * unknown fields are fine, because a record can hold more than an event says.
 */
function misspeltFields(located: Located<EntityItem>, schemas: readonly JsonSchema[]): CatalogError[] {
  const fields = [...new Set(schemas.flatMap((schema) => Object.keys(childOf(schema, 'properties') ?? {})))];
  const doubt = (field: string, within: Path, part: 'key' | 'value'): CatalogError[] => {
    const near = fields.includes(field) ? undefined : suggest(field, fields);
    if (near === undefined) return [];
    const message = `no schema of "${located.item.name}" has a field "${field}"; did you mean "${near}"?`;
    return [errorAt(located, within, message, part)];
  };
  return [
    ...Object.keys(located.item.authority).flatMap((field) => doubt(field, ['authority', field], 'key')),
    ...located.item.masked.flatMap((field, index) => doubt(field, ['masked', index], 'value')),
  ];
}

function isMapping(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
