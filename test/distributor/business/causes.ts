import type { Random } from './random.ts';
import type { Failure, Message } from './types.ts';

/** One way to fail: its type, what it says of a message, and where in the program. */
export interface Cause {
  readonly type: string;
  readonly status?: number;
  readonly say: (message: Message, random: Random) => string;
  readonly at: string;
}

const lockTimeout: Cause = {
  type: 'LockTimeoutError',
  status: 500,
  say: (m, r) =>
    `canceling statement due to lock timeout: row ${r.int(100, 99_999)} of sales_order_line (${entityId(m)})`,
  at: 'OrderRepository.lockLines (order-repository.ts:212:15)',
};
const poolExhausted: Cause = {
  type: 'PoolTimeoutError',
  status: 503,
  say: (_, r) =>
    `no database connection within ${r.int(5, 9) * 1000} ms (pool size 20, waiting ${r.int(3, 60)})`,
  at: 'Pool.acquire (pool.ts:88:11)',
};
const upstreamTimeout: Cause = {
  type: 'TimeoutError',
  status: 504,
  say: (_, r) => `upstream did not answer within ${r.int(8, 15) * 1000} ms`,
  at: 'HttpGateway.forward (gateway.ts:61:9)',
};
const connectionReset: Cause = {
  type: 'ECONNRESET',
  status: 502,
  say: (_, r) => `read ECONNRESET 10.20.${r.int(0, 8)}.${r.int(2, 250)}:5432`,
  at: 'TCP.onStreamRead (stream_base_commons:217:20)',
};

const afterRelease: Cause = cause(
  'SchemaError',
  (m, r) => `${entityId(m)}: /lines/${r.int(0, 5)}/quantity must be string, got number (schema ${m.flow}/2)`,
  'Schema.parse (schema.ts:19:9)',
  422,
);
const rateLimited: Cause = cause(
  'TooManyRequests',
  (_, r) => `rate limit of 120 requests a minute exceeded, retry after ${r.int(2, 30)} s`,
  'RateLimiter.take (rate-limiter.ts:33:11)',
  429,
);

const transient: readonly [Cause, ...Cause[]] = [
  lockTimeout,
  poolExhausted,
  upstreamTimeout,
  connectionReset,
];

/** What a passing trouble of that flow says; the flow decides which of them is usual. */
export function transientFailure(message: Message, random: Random): Failure {
  if (message.flow === 'erp-availability-to-marketplace' && random.chance(0.7))
    return failureOf(rateLimited, message, random);
  return failureOf(random.pick(transient), message, random);
}

/** What the target says after a release changed a schema under its partner. */
export function schemaFailure(message: Message, random: Random): Failure {
  return failureOf(afterRelease, message, random);
}

/** What a target says whose database does not answer: the same for every message while it lasts. */
export function outageFailure(message: Message, random: Random): Failure {
  return failureOf(poolExhausted, message, random);
}

/** What a sender over HTTP says when nobody listens. */
export function unreachableFailure(host: string): Failure {
  const message = `connect ECONNREFUSED ${host}:443`;
  return {
    type: 'ECONNREFUSED',
    message,
    stack: `Error: ${message}\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1637:16)`,
    unreachable: true,
  };
}

function cause(type: string, say: Cause['say'], at: string, status?: number): Cause {
  return status === undefined ? { type, say, at } : { type, say, at, status };
}

/** A failure as the program of the target would report it, with a stack. */
export function failureOf(of: Cause, message: Message, random: Random): Failure {
  const text = of.say(message, random);
  const stack = `${of.type}: ${text}\n    at ${of.at}\n    at async handle (${message.flow}.ts:${random.int(20, 90)}:5)\n    at async Consumer.dispatch (consumer.ts:${random.int(100, 180)}:7)`;
  return { type: of.type, message: text, stack, status: of.status ?? 500 };
}

function entityId(message: Message): string {
  return message.keys[0]?.split(':')[1] ?? message.id;
}
