import { routeOf } from '@plumbline/control-plane/open-api.ts';
import { policy } from '@plumbline/control-plane/policy.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openStand, type Stand } from './stand.ts';

const Operation = z.looseObject({
  operationId: z.string(),
  summary: z.string().min(5),
  description: z.string().min(10),
  tags: z.array(z.string()).min(1),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  parameters: z.array(z.looseObject({ name: z.string(), in: z.string() })).optional(),
  responses: z.record(z.string(), z.looseObject({ description: z.string() })),
});
const Document = z.looseObject({
  openapi: z.string(),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.looseObject({
    schemas: z.record(z.string(), z.unknown()),
    securitySchemes: z.record(z.string(), z.unknown()),
  }),
});

let stand: Stand;
let document: z.infer<typeof Document>;

beforeAll(async () => {
  stand = await openStand();
  document = Document.parse((await stand.ask('GET', '/openapi.json')).body);
});
afterAll(() => stand.close());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );

test('the document is OpenAPI 3.1 and describes every route of the API and no other', () => {
  expect(document.openapi).toBe('3.1.0');
  const described = operations().map(({ method, path }) => routeOf(method, path));
  const served = Object.keys(policy).filter(
    (route) => route.includes(' /api/v1/') && !route.endsWith('/openapi.json'),
  );
  expect(described.sort()).toEqual(served.sort());
});

test('each operation has a name of its own, its role, its path parameters, and the problems it may answer', () => {
  const names = operations().map(({ operation }) => operation.operationId);
  expect(new Set(names).size).toBe(names.length);
  for (const { path, method, operation } of operations()) {
    const access = policy[routeOf(method, path)];
    expect(operation['x-plumbline-role']).toBe(access);
    if (access === 'public') expect(operation.security).toEqual([]);
    else expect(operation.security).toBeUndefined();
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const declared = operation.parameters?.filter((one) => one.in === 'path').map(({ name }) => name) ?? [];
    expect(declared.sort()).toEqual(inPath.sort());
    expect(operation.responses['default']).toMatchObject({
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    });
  }
});

test('every reference leads somewhere', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
    ([, path = '']) => path,
  );
  expect(references.length).toBeGreaterThan(10);
  for (const reference of new Set(references)) {
    const found = reference
      .split('/')
      .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], document);
    expect(found, reference).toBeDefined();
  }
});

test('it says how to sign in', () => {
  expect(document.components.securitySchemes).toMatchObject({
    session: { type: 'apiKey', in: 'cookie', name: '__Host-plumbline' },
    token: { type: 'http', scheme: 'bearer' },
  });
});
