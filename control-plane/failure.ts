import { StoreError } from '@plumbline/model/clickhouse/client.ts';
import { HTTPException } from 'hono/http-exception';
import type { Context } from './context.ts';
import { describeError } from './log.ts';
import { Problem } from './problem.ts';
import type { AppContext } from './router.ts';

const retrySoon = { headers: { 'retry-after': '5' } };

/** Turns whatever a request threw into a problem. What nobody expected is logged with its stack and told without it. */
export function problemOf(error: unknown, c: AppContext, context: Context): Problem {
  if (error instanceof Problem) return error;
  const requestId = c.get('requestId');
  const problem = problemOfRequest(error) ?? problemOfStore(error);
  if (problem) {
    if (problem.code !== 'bad_request')
      context.log.warn('request failed', { requestId, ...describeError(error) });
    return problem;
  }
  context.log.error('unexpected failure', { requestId, path: c.req.path, ...describeError(error) });
  return new Problem(
    'internal',
    'Something failed here that should not. The log has more under this request id.',
  );
}

function problemOfRequest(error: unknown): Problem | undefined {
  if (!(error instanceof HTTPException)) return undefined;
  if (error.status === 400) return new Problem('bad_request', 'The body is not valid JSON.');
  if (error.status === 415) return new Problem('unsupported_media_type', 'Send application/json.');
  return undefined;
}

/**
 * What PostgreSQL answers to NUL and halves of surrogate pairs (in texts and in JSON), to what is no id, and to numbers and
 * instants beyond its types. Codes: its manual, appendix A.
 */
const unstorable = new Set(['22021', '22P02', '22P05', '22003', '22007', '22008', '22009']);

/** What the pool says when all its connections stay in use for too long: the server itself may be well. */
const poolIsFull = 'timeout exceeded when trying to connect';

function problemOfStore(error: unknown): Problem | undefined {
  if (error instanceof StoreError) {
    if (error.code === 'timeout') return new Problem('too_slow', error.message);
    if (error.code === 'too_many_rows' || error.code === 'out_of_memory')
      return new Problem('too_much', error.message);
    if (error.code === 'unreachable')
      return new Problem('store_unavailable', 'ClickHouse cannot be reached at the moment.', retrySoon);
    return undefined;
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === '57014') return new Problem('too_slow', 'PostgreSQL took too long to answer.');
  if (unstorable.has(code))
    return new Problem('bad_request', 'A text or number in the request cannot be stored: correct it.');
  if (error instanceof Error && error.message === poolIsFull)
    return new Problem('busy', 'More is asked of PostgreSQL at once than it can take: try again.', retrySoon);
  if (isConnectionError(error, code))
    return new Problem('store_unavailable', 'PostgreSQL cannot be reached at the moment.', retrySoon);
  return undefined;
}

/** A socket that failed, or a PostgreSQL that starts, stops (57P) or has no room (53). Codes: its manual, appendix A. */
function isConnectionError(error: unknown, code: string): boolean {
  if (!(error instanceof Error)) return false;
  return (
    /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|57P|53|08)/.test(code) ||
    /connection (timeout|terminated)|query read timeout/i.test(error.message)
  );
}

interface Route {
  readonly method: string;
  readonly path: string;
}

/** A path that exists under another method is 405 and says which; anything else is 404. */
export function missing(c: AppContext, routes: readonly Route[]): Problem {
  const methods = new Set(
    routes
      .filter(({ method, path }) => method !== 'ALL' && matches(path, c.req.path))
      .map(({ method }) => method),
  );
  if (methods.size === 0)
    return new Problem(
      'not_found',
      `There is nothing at ${c.req.path}. See /api/v1/openapi.json for what there is.`,
    );
  const allow = [...methods].join(', ');
  return new Problem('method_not_allowed', `This path takes ${allow}.`, { headers: { allow } });
}

function matches(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  return (
    wanted.length === given.length && wanted.every((part, at) => part.startsWith(':') || part === given[at])
  );
}
