import { describe, expect, it } from 'vitest';
import { formatCatalogErrors } from './catalog-error.ts';
import { compileCatalog } from './compile-catalog.ts';

const entity = (schema: string): string =>
  `entities:\n  - name: order\n    title: Order\n    schemas:\n      1: ${schema}\n`;

function compile(files: Record<string, string>): string {
  const result = compileCatalog(new Map(Object.entries(files)));
  return formatCatalogErrors(result.ok ? result.warnings : result.errors);
}

describe('schemas of an entity', () => {
  it('are read from the file beside and replace the path', () => {
    const files = new Map([
      ['shop/a.yaml', entity('../schemas/order.json')],
      ['schemas/order.json', '{"type":"object","properties":{"total":{"type":"string"}}}'],
    ]);
    const result = compileCatalog(files);
    expect(result.ok && result.catalog.entities[0]?.schemas['1']).toEqual({
      type: 'object',
      properties: { total: { type: 'string' } },
    });
  });

  it('may be YAML, which is then not a catalog file', () => {
    expect(compile({ 'a.yaml': entity('order.yaml'), 'order.yaml': 'type: object\n' })).toBe('');
  });

  it.each([
    ['../order.json', 'leaves the catalog directory'],
    ['/etc/passwd', 'leaves the catalog directory'],
    ['a\\b.json', 'leaves the catalog directory'],
    ['ordr.json', 'there is no schema file "ordr.json"; did you mean "order.json"?'],
  ])('refuses the path %s', (path, message) => {
    expect(compile({ 'a.yaml': entity(`'${path}'`), 'order.json': '{}' })).toContain(
      `a.yaml:5:10  entities.order.schemas.1: `,
    );
    expect(compile({ 'a.yaml': entity(`'${path}'`), 'order.json': '{}' })).toContain(message);
  });

  it.each([
    ['{\n  "type": "objekt"\n}', 'order.json:2:11  type: not a valid JSON Schema'],
    [
      '{\n  "properties": {\n    "a": { "typ": "string" }\n  }\n}',
      'order.json:3:12  unknown JSON Schema keyword "typ"',
    ],
    ['{\n  "$ref": "https://example.com/x.json"\n}', '$ref "https://example.com/x.json" leads nowhere'],
    ['{\n  "pattern": "^(a+)+$"\n}', 'order.json:2:14  pattern: this pattern could take very long'],
    [
      '{\n  "patternProperties": {\n    "(a*)*": {}\n  }\n}',
      'order.json:3:5  patternProperties.(a*)*: this pattern',
    ],
    ['{ "$schema": "http://json-schema.org/draft-07/schema#" }', 'only draft 2020-12 is read'],
    ['[1]', 'a JSON Schema is a mapping'],
    ['{ "type": ', 'order.json:1:'],
  ])('refuses %j', (schema, message) => {
    expect(compile({ 'a.yaml': entity('order.json'), 'order.json': schema })).toContain(message);
  });

  it('points into an inline schema', () => {
    expect(compile({ 'a.yaml': entity('{ type: objekt }') })).toContain(
      'a.yaml:5:18  entities.order.schemas.1.type: not a valid JSON Schema',
    );
  });

  it('warns of authority and mask on fields that no schema has', () => {
    const text = `${entity('{ properties: { total: {}, email: {} } }')}    authority: { totl: erp }\n    masked: [emial]\nsystems:\n  - { name: erp, title: ERP, owner: it }\n`;
    const warnings = compile({ 'a.yaml': text });
    expect(warnings).toContain('no schema of "order" has a field "totl"; did you mean "total"?');
    expect(warnings).toContain('no schema of "order" has a field "emial"; did you mean "email"?');
  });
});
