import { StoreError, type StoreErrorCode } from '@plumbline/model/clickhouse/client.ts';
import { HTTPException } from 'hono/http-exception';
import { expect, test } from 'vitest';
import type { Context } from './context.ts';
import { problemOf } from './failure.ts';
import { createLog } from './log.ts';
import type { AppContext } from './router.ts';

const request = { get: () => 'a-request', req: { path: '/x' } } as unknown as AppContext;

function judge(error: unknown) {
  const lines: string[] = [];
  const log = createLog(
    (line) => lines.push(line),
    () => new Date(0),
  );
  const problem = problemOf(error, request, { log } as Context);
  return { problem, log: lines.join('') };
}

const postgresError = (code: string) => Object.assign(new Error('said PostgreSQL'), { code });
const store = (code: StoreErrorCode) => new StoreError(code, `the sentence of ${code}`);

test.each([
  [store('timeout'), 'too_slow'],
  [store('too_many_rows'), 'too_much'],
  [store('out_of_memory'), 'too_much'],
  [store('unreachable'), 'store_unavailable'],
  [store('refused'), 'internal'],
  [store('bad_rows'), 'internal'],
  [postgresError('57014'), 'too_slow'],
  [postgresError('57P03'), 'store_unavailable'],
  [postgresError('53300'), 'store_unavailable'],
  [postgresError('ECONNREFUSED'), 'store_unavailable'],
  [postgresError('22021'), 'bad_request'],
  [postgresError('42601'), 'internal'],
  [new Error('timeout exceeded when trying to connect'), 'busy'],
  [new Error('Connection terminated due to connection timeout'), 'store_unavailable'],
  [new Error('Query read timeout'), 'store_unavailable'],
  [new HTTPException(400), 'bad_request'],
  [new HTTPException(415), 'unsupported_media_type'],
  ['not even an error', 'internal'],
])('%s becomes %s', (error, code) => {
  expect(judge(error).problem.code).toBe(code);
});

test('what nobody expected is logged with its stack and told without it', () => {
  const { problem, log } = judge(new Error('deep inside'));
  expect(problem.message).not.toContain('deep inside');
  expect(log).toContain('deep inside');
  expect(log).toContain('failure.test.ts');
});

test('what a client did wrong fills no log', () => {
  expect(judge(new HTTPException(400)).log).toBe('');
});
