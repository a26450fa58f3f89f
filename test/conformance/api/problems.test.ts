import { ProblemDetails } from '@plumbline/control-plane/problem.ts';
import { createPostgres } from '@plumbline/model/postgres/pool.ts';
import { createClickHouse } from '@plumbline/model/clickhouse/client.ts';
import { createApp } from '@plumbline/control-plane/app.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStand, type Answer, type Stand } from './stand.ts';

let stand: Stand;
let token = '';

beforeAll(async () => {
  stand = await openStand();
  token = await stand.tokenOf('admin');
});
afterAll(() => stand.close());

/** An answer that is a complete problem: media type, status in the body, id of the request, no caching. */
function expectProblem(answer: Answer, status: number, code: string): ProblemDetails {
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const problem = ProblemDetails.parse(answer.body);
  expect(problem).toMatchObject({ status, code, type: `urn:plumbline:problem:${code}` });
  expect(problem.detail.length).toBeGreaterThan(10);
  expect(answer.status).toBe(status);
  expect(problem.requestId).toBe(answer.headers.get('x-request-id'));
  return problem;
}

const json = { 'content-type': 'application/json' };

test('bad JSON', async () => {
  const answer = await stand.ask('POST', '/tokens', { token, body: '{"name":', headers: json });
  expectProblem(answer, 400, 'bad_request');
});

test('no body', async () => {
  expectProblem(await stand.ask('POST', '/tokens', { token, headers: json }), 400, 'bad_request');
});

test('JSON of another shape names each field', async () => {
  const answer = await stand.ask('POST', '/tokens', { token, json: { name: 7, expiresInDays: 'x' } });
  const problem = expectProblem(answer, 400, 'bad_request');
  expect(problem.errors?.map(({ path }) => path).sort()).toEqual(['expiresInDays', 'name', 'role']);
});

test('a body that is no JSON at all', async () => {
  const answer = await stand.ask('POST', '/tokens', {
    token,
    body: 'name=x',
    headers: { 'content-type': 'text/plain' },
  });
  expectProblem(answer, 415, 'unsupported_media_type');
});

test('a body of more than a mebibyte', async () => {
  const answer = await stand.ask('POST', '/tokens', { token, json: { name: 'x'.repeat(1024 * 1024) } });
  expectProblem(answer, 413, 'body_too_large');
});

test('an unknown route, inside and outside of the API', async () => {
  expectProblem(await stand.ask('GET', '/nothing', { token }), 404, 'not_found');
  expectProblem(await stand.ask('GET', '/api/v2/session', { token }), 404, 'not_found');
});

test('a wrong method says which are right', async () => {
  const answer = await stand.ask('PUT', '/session', { token });
  expectProblem(answer, 405, 'method_not_allowed');
  expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(['DELETE', 'GET', 'POST']);
  expectProblem(await stand.ask('DELETE', '/people/1', { token }), 405, 'method_not_allowed');
});

test('a query parameter out of bounds', async () => {
  const problem = expectProblem(await stand.ask('GET', '/audit?limit=100000', { token }), 400, 'bad_request');
  expect(problem.errors?.[0]?.path).toBe('limit');
});

test('a database that is away is a 503 that says when to come back, and nothing of its address', async () => {
  const postgres = createPostgres('postgres://nobody:secret@127.0.0.1:1/none');
  const app = createApp({ ...stand.context, postgres }, new AbortController().signal);
  const response = await app.request('/api/v1/session', { headers: { authorization: `Bearer ${token}` } });
  const body: unknown = await response.json();
  expectProblem({ status: response.status, headers: response.headers, body }, 503, 'store_unavailable');
  expect(response.headers.get('retry-after')).toBe('5');
  expect(JSON.stringify(body)).not.toMatch(/127\.0\.0\.1|secret/);
  await postgres.end();
});

test('readyz says what is missing', async () => {
  expect((await stand.ask('GET', '/readyz')).body).toEqual({
    ready: true,
    postgres: 'ok',
    clickHouse: 'ok',
    catalog: 'ok',
  });
  const clickHouse = createClickHouse({ url: 'http://127.0.0.1:1/none' });
  const app = createApp({ ...stand.context, clickHouse }, new AbortController().signal);
  const response = await app.request('/readyz');
  expect([response.status, await response.json()]).toEqual([
    503,
    { ready: false, postgres: 'ok', clickHouse: 'ClickHouse does not answer', catalog: 'ok' },
  ]);
  expect((await app.request('/healthz')).status).toBe(200);
  await clickHouse.close();
});

test('what nobody expected is told without its cause, and logged with it', async () => {
  const catalog = {
    current: () => {
      throw new Error('a secret of the inside');
    },
    stop: () => Promise.resolve(),
  };
  const app = createApp({ ...stand.context, catalog }, new AbortController().signal);
  const response = await app.request('/api/v1/catalog', { headers: { authorization: `Bearer ${token}` } });
  const body: unknown = await response.json();
  const problem = expectProblem(
    { status: response.status, headers: response.headers, body },
    500,
    'internal',
  );
  expect(JSON.stringify(body)).not.toContain('a secret of the inside');
  const line = stand.lines.find((one) => one.includes('a secret of the inside'));
  expect(line).toContain(problem.requestId);
});

test('answers carry headers that keep browsers from guessing and framing', async () => {
  for (const path of ['/session', '/nothing', '/openapi.json']) {
    const { headers } = await stand.ask('GET', path, { token });
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('cache-control')).toBe('no-store');
  }
});
