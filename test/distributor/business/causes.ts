import type { Random } from './random.ts';
import type { Failure, Message } from './types.ts';

interface Cause {
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

const poisonOf: Readonly<Record<string, Cause>> = {
  'shop-order-to-erp': cause(
    'ValidationError',
    (m, r) =>
      `line ${r.int(1, 6)} of ${entityId(m)}: unit of measure "CS${r.int(6, 48)}" is not known to item master`,
    'OrderValidator.line (order-validator.ts:47:13)',
    422,
  ),
  'marketplace-order-to-erp': cause(
    'ValidationError',
    (m) => `ship-to of ${entityId(m)}: postal code "" is required for country US`,
    'AddressValidator.check (address-validator.ts:31:11)',
    422,
  ),
  'edi-order-to-erp': cause(
    'EdiSyntaxError',
    (_, r) => `850 segment PO1*${r.int(1, 9)}: element 107 has no cross reference for qualifier VN`,
    'X12Mapper.product (x12-mapper.ts:140:17)',
  ),
  'crm-price-to-erp': cause(
    'OverlapError',
    (m) => `${entityId(m)} overlaps an agreement in force for the same customer and item`,
    'PriceBook.insert (price-book.ts:77:13)',
    409,
  ),
  'erp-tax-determination': cause(
    'JurisdictionError',
    (_, r) => `no jurisdiction for ship-to ZIP ${r.int(10_000, 99_999)}`,
    'Jurisdiction.resolve (jurisdiction.ts:58:15)',
    422,
  ),
  'erp-release-to-wms': cause(
    'WMS-2041',
    (m, r) => `ITEM ${body(m, 'product')} NOT SLOTTED IN AREA ${r.int(1, 9)}0`,
    'ALLOC_WAVE (ALLOC.PLS:1190)',
  ),
  'wms-shipment-to-erp': cause(
    'QuantityMismatchError',
    (m, r) => `shipped ${r.int(5, 40)} exceeds open quantity ${r.int(1, 4)} of ${entityId(m)}`,
    'ShipmentPosting.apply (shipment-posting.ts:133:15)',
  ),
  'wms-delivery-to-tms': cause(
    'NoServiceException',
    (_, r) =>
      `no carrier service for lane DC${r.int(1, 3)} -> zone ${r.int(2, 8)}, weight ${r.int(70, 900)} lb`,
    'tms.rating.LaneRater.rate(LaneRater.java:284)',
  ),
  'erp-capture-to-payments': cause(
    'CardDeclined',
    (m) => `do_not_honor: issuer declined the capture for ${entityId(m)}`,
    'AcquirerClient.capture (acquirer-client.ts:96:13)',
    402,
  ),
  'erp-journal-to-finance': cause(
    'PeriodClosedError',
    (_, r) => `period 2026-${String(r.int(1, 10)).padStart(2, '0')} is closed for ledger US-0${r.int(1, 3)}`,
    'Posting.period (posting.ts:64:13)',
  ),
  'payments-settlement-to-finance': cause(
    'UnbalancedError',
    (_, r) => `batch ${r.int(10_000, 99_999)} is out of balance by ${r.int(1, 90)}.${r.int(10, 99)} USD`,
    'Settlement.balance (settlement.ts:118:11)',
  ),
  'erp-invoice-to-edi': cause(
    'PartnerProfileError',
    (_, r) => `partner 00${r.int(1, 9)}: no 810 profile in version 005010`,
    'EnvelopeWriter.open (envelope.ts:22:9)',
  ),
  'wms-return-receipt-to-erp': cause(
    'UnknownRmaError',
    (m) => `${entityId(m)} was not authorised or is already closed`,
    'ReturnPosting.find (return-posting.ts:40:13)',
  ),
};

const poisonElse: Cause = cause(
  'SchemaError',
  (m) => `${entityId(m)}: must have required property 'source_revision'`,
  'Schema.parse (schema.ts:19:9)',
  422,
);
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
    return failure(rateLimited, message, random);
  return failure(random.pick(transient), message, random);
}

/** What the target says of a message that it can never accept. */
export function poisonFailure(message: Message, random: Random): Failure {
  return failure(poisonOf[message.flow] ?? poisonElse, message, random);
}

/** What the target says after a release changed a schema under its partner. */
export function schemaFailure(message: Message, random: Random): Failure {
  return failure(afterRelease, message, random);
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

function failure(of: Cause, message: Message, random: Random): Failure {
  const text = of.say(message, random);
  const stack = `${of.type}: ${text}\n    at ${of.at}\n    at async handle (${message.flow}.ts:${random.int(20, 90)}:5)\n    at async Consumer.dispatch (consumer.ts:${random.int(100, 180)}:7)`;
  return { type: of.type, message: text, stack, status: of.status ?? 500 };
}

function entityId(message: Message): string {
  return message.keys[0]?.split(':')[1] ?? message.id;
}

function body(message: Message, field: string): string {
  return String(message.body[field] ?? '?');
}
