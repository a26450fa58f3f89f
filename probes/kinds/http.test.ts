import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { probeOf } from '../probe-for-tests.ts';
import { runProbe, type ProbeRun } from '../run-probe.ts';
import { toolsForTests } from '../tools-for-tests.ts';

const seen: { path: string; headers: IncomingMessage['headers']; body: string }[] = [];
const json = (response: ServerResponse, value: unknown, status = 200): void => {
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
    .end(JSON.stringify(value));
};
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    seen.push({ path: request.url ?? '', headers: request.headers, body });
    if (request.url === '/login') return json(response, { token: 'tok-9/9' });
    if (request.url?.startsWith('/orders')) return json(response, { items: [{ state: 'open' }] });
    if (request.url === '/down') return json(response, { error: 'no database' }, 503);
    if (request.url === '/inside') return void response.writeHead(302, { location: '/orders' }).end();
    if (request.url === '/outside')
      return void response.writeHead(302, { location: 'http://127.0.0.2:1/' }).end();
    if (request.url === '/metadata') {
      return void response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end();
    }
    if (request.url === '/huge') return void response.end(Buffer.alloc(2 * 1024 * 1024));
    if (request.url === '/broken-json') {
      return void response.writeHead(200, { 'content-type': 'application/json' }).end('{');
    }
    // Anything else never answers.
  });
});
let base = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

type Step = { url: string } & Record<string, unknown>;

function run(
  steps: Step[],
  more: { timeout?: string; secrets?: Record<string, string> } = {},
): Promise<ProbeRun> {
  const probe = probeOf({ kind: 'http', steps }, { timeout: more.timeout ?? '5s' });
  return runProbe(probe, toolsForTests({ secrets: more.secrets ?? {} })).run;
}

test('steps hand on what they saved, and no secret shows in what is told of the run', async () => {
  const result = await run(
    [
      {
        url: `${base}/login`,
        method: 'POST',
        json: { password: '${secret.erp}' },
        save: { token: 'body.token' },
      },
      {
        url: `${base}/orders?t=\${saved.token}`,
        headers: { Authorization: 'Bearer ${saved.token}' },
        conditions: ['status == 200', "body.items[0].state == 'open'"],
      },
    ],
    { secrets: { erp: 'open "sesame"' } },
  );
  expect(result).toMatchObject({ outcome: 'passed', why: null });
  const [login, orders] = seen.slice(-2);
  expect(JSON.parse(login?.body ?? '')).toEqual({ password: 'open "sesame"' });
  expect(orders?.path).toBe('/orders?t=tok-9%2F9');
  expect(orders?.headers.authorization).toBe('Bearer tok-9/9');
  expect(orders?.headers['baggage']).toBe('synthetic=true');
  expect(JSON.stringify(result)).not.toMatch(/sesame|tok-9/);
  expect(result.steps.map(({ what }) => what)).toContain(`step2: GET ${base}/orders?t=***`);
});

test.each([
  ['/down', {}, 'failed', 'step1: status < 400', 'status < 400 (status is 503)'],
  [
    '/orders',
    { conditions: ['len(body.items) > 1'] },
    'failed',
    'step1: len(body.items) > 1',
    'len(body.items) > 1 (len(body.items) is 1)',
  ],
  [
    '/broken-json',
    { conditions: ['body.ok'] },
    'failed',
    'step1: body.ok',
    'body.ok is missing, not true or false',
  ],
  [
    '/inside',
    { conditions: ['status == 200'] },
    'failed',
    'step1: status == 200',
    'status == 200 (status is 302)',
  ],
  ['/huge', {}, 'error', null, 'The answer is larger than 1048576 bytes; ask for less.'],
])('%s with %j: %s', async (path, step, outcome, failedCondition, why) => {
  expect(await run([{ url: base + path, ...step }])).toMatchObject({ outcome, failedCondition, why });
});

test('redirects are followed within the origin only, when asked for', async () => {
  const inside = await run([{ url: `${base}/inside`, redirectsMax: 1, conditions: ['has(body, "items")'] }]);
  expect(inside.outcome).toBe('passed');
  for (const path of ['/outside', '/metadata']) {
    const outside = await run([{ url: base + path, redirectsMax: 5 }]);
    expect(outside.outcome).toBe('error');
    expect(outside.why).toMatch(/^The redirect to http:\/\/[\d.:]+ leaves .* and was not followed\.$/);
  }
});

test('an address of machine metadata is not reached, however it is written', async () => {
  for (const host of [
    '169.254.169.254',
    '[::ffff:169.254.169.254]',
    '0xa9fea9fe',
    '2852039166',
    '[fd00:ec2::254]',
  ]) {
    const result = await run([{ url: `http://${host}/latest/meta-data` }], { timeout: '1s' });
    expect(result).toMatchObject({ outcome: 'error' });
    expect(result.why).toMatch(/is an address of machine metadata/);
  }
});

test('silence is a time-out, and lets go of its connection', async () => {
  const probe = probeOf({ kind: 'http', steps: [{ url: `${base}/silent` }] }, { timeout: '100ms' });
  const { run: running, settled } = runProbe(probe, toolsForTests());
  expect(await running).toMatchObject({ outcome: 'timeout', why: 'there was no result within 100 ms' });
  await settled;
});

test('a closed port fails, a missing secret is an error, and both say what to do', async () => {
  expect(await run([{ url: 'http://127.0.0.1:1/' }])).toMatchObject({
    outcome: 'failed',
    why: expect.stringMatching(/^http:\/\/127\.0\.0\.1:1 cannot be reached/) as string,
  });
  expect((await run([{ url: base, headers: { a: '${secret.nobody}' } }])).why).toBe(
    'The secret "nobody" is not there: set PLUMBLINE_SECRET_NOBODY, or write a file of that name in PLUMBLINE_SECRETS_DIR.',
  );
});
