import { decimalPattern } from './master-data.ts';
import { failureOf } from './causes.ts';
import type { Random } from './random.ts';
import type { Failure, Field, Message } from './types.ts';

/** What a target insists on in a body, how poison breaks it, and what the target then says. */
interface Rule {
  readonly field: string;
  readonly accepts: (value: Field) => boolean;
  readonly spoil: (value: Field, random: Random) => Field;
  readonly type: string;
  readonly say: (shown: string, id: string) => string;
  readonly at: string;
}

/** Unprocessable content: sending it again as it is cannot help. */
const refusedStatus = 422;

const isWhole = (value: Field): boolean => Number.isInteger(value);
const isDecimal = (value: Field): boolean => typeof value === 'string' && decimalPattern.test(value);
const isText = (value: Field): boolean => typeof value === 'string' && value !== '';
const isProduct = (value: Field): boolean => typeof value === 'string' && /^[A-Z]{3}-\d{4}$/.test(value);

const rules: Readonly<Record<string, Rule>> = {
  'shop-order-to-erp': {
    field: 'quantity',
    accepts: isWhole,
    spoil: (value, random) => `${value} CS${random.int(6, 48)}`,
    type: 'ValidationError',
    say: (shown, id) => `/quantity of ${id} must be integer, got ${shown}`,
    at: 'OrderValidator.line (order-validator.ts:47:13)',
  },
  'marketplace-order-to-erp': {
    field: 'ship_to',
    accepts: isText,
    spoil: () => '',
    type: 'ValidationError',
    say: (shown, id) => `ship-to of ${id}: city ${shown} is required for country US`,
    at: 'AddressValidator.check (address-validator.ts:31:11)',
  },
  'edi-order-to-erp': {
    field: 'product',
    accepts: isProduct,
    spoil: (value) => `VN*${value}`,
    type: 'EdiSyntaxError',
    say: (shown) => `850 segment PO1: element 107 ${shown} has no cross reference for qualifier VN`,
    at: 'X12Mapper.product (x12-mapper.ts:140:17)',
  },
  'crm-price-to-erp': {
    field: 'amount',
    accepts: isDecimal,
    spoil: (value) => Number(value),
    type: 'PriceFormatError',
    say: (shown, id) => `/amount of ${id} must be decimal text, got ${shown}`,
    at: 'PriceBook.insert (price-book.ts:77:13)',
  },
  'erp-tax-determination': {
    field: 'ship_to',
    accepts: isText,
    spoil: (_, random) => random.int(10_000, 99_999),
    type: 'JurisdictionError',
    say: (shown) => `no jurisdiction for ship-to ${shown}: a city is needed`,
    at: 'Jurisdiction.resolve (jurisdiction.ts:58:15)',
  },
  'erp-release-to-wms': {
    field: 'product',
    accepts: isProduct,
    spoil: (value) => `${value}`.toLowerCase(),
    type: 'WMS-2041',
    say: (shown) => `ITEM ${shown} NOT SLOTTED IN ANY AREA`,
    at: 'ALLOC_WAVE (ALLOC.PLS:1190)',
  },
  'wms-shipment-to-erp': {
    field: 'quantity',
    accepts: isWhole,
    spoil: (value) => `${value} EA`,
    type: 'QuantityMismatchError',
    say: (shown, id) => `shipped ${shown} cannot be held against the open quantity of ${id}`,
    at: 'ShipmentPosting.apply (shipment-posting.ts:133:15)',
  },
  'wms-delivery-to-tms': {
    field: 'warehouse',
    accepts: (value) => typeof value === 'string' && /^DC\d$/.test(value),
    spoil: (value) => `${value}`.replace('DC', 'DC0'),
    type: 'NoServiceException',
    say: (shown) => `no carrier service for lane ${shown} -> any zone`,
    at: 'tms.rating.LaneRater.rate(LaneRater.java:284)',
  },
  'erp-capture-to-payments': {
    field: 'currency',
    accepts: (value) => typeof value === 'string' && /^[A-Z]{3}$/.test(value),
    spoil: () => 'US$',
    type: 'CurrencyError',
    say: (shown, id) => `currency ${shown} of ${id} is no ISO 4217 code`,
    at: 'AcquirerClient.capture (acquirer-client.ts:96:13)',
  },
  'erp-journal-to-finance': {
    field: 'amount',
    accepts: isDecimal,
    spoil: (value) => Number(value),
    type: 'PostingError',
    say: (shown, id) => `/amount of ${id} must be decimal text, got ${shown}`,
    at: 'Posting.amount (posting.ts:64:13)',
  },
  'payments-settlement-to-finance': {
    field: 'amount',
    accepts: isDecimal,
    spoil: (value) => `${value} USD`,
    type: 'UnbalancedError',
    say: (shown) => `the batch does not balance: amount ${shown} cannot be added up`,
    at: 'Settlement.balance (settlement.ts:118:11)',
  },
  'erp-invoice-to-edi': {
    field: 'customer',
    accepts: (value) => typeof value === 'string' && /^C-\d{5}$/.test(value),
    spoil: (value) => `${value}`.replace('C-', ''),
    type: 'PartnerProfileError',
    say: (shown) => `partner ${shown}: no 810 profile in version 005010`,
    at: 'EnvelopeWriter.open (envelope.ts:22:9)',
  },
  'wms-return-receipt-to-erp': {
    field: 'quantity',
    accepts: isWhole,
    spoil: (value) => `${value}.5`,
    type: 'ReturnQuantityError',
    say: (shown, id) => `${id}: ${shown} is no quantity that can be booked`,
    at: 'ReturnPosting.book (return-posting.ts:40:13)',
  },
  'wms-stock-adjustment-to-erp': schemaRule('quantity', isWhole, (value) => `${value}`, 'integer'),
  'erp-availability-to-shop': schemaRule('available', isWhole, () => 'n/a', 'integer'),
  'erp-availability-to-marketplace': schemaRule('available', isWhole, () => 'n/a', 'integer'),
  'tms-status-to-erp': schemaRule('carrier', isText, () => 7, 'string'),
  'erp-order-status-to-crm': schemaRule('customer', isText, () => 0, 'string'),
  'erp-master-data-to-crm': schemaRule('name', isText, () => true, 'string'),
};

function schemaRule(
  field: string,
  accepts: Rule['accepts'],
  spoil: Rule['spoil'],
  wanted: 'integer' | 'string',
): Rule {
  const say = (shown: string, id: string): string => `${id}: /${field} must be ${wanted}, got ${shown}`;
  return {
    field,
    accepts,
    spoil,
    type: 'SchemaError',
    say,
    at: 'Schema.parse (schema.ts:19:9)',
  };
}

/** The message with the one field broken that its target insists on. */
export function spoiled(message: Message, random: Random): Message {
  const rule = rules[message.flow];
  if (!rule) return message;
  const value = message.body[rule.field] ?? '';
  return { ...message, body: { ...message.body, [rule.field]: rule.spoil(value, random) } };
}

/** Why the target can never accept this body as it is; undefined when it can. It looks at nothing but the body. */
export function refusalOf(message: Message, random: Random): Failure | undefined {
  const rule = rules[message.flow];
  const value = rule && message.body[rule.field];
  if (!rule || (value !== undefined && rule.accepts(value))) return undefined;
  const shown = value === undefined ? 'nothing' : `${JSON.stringify(value)} (${typeof value})`;
  const { type, at } = rule;
  const say = (of: Message): string => rule.say(shown, of.keys[0]?.split(':')[1] ?? of.id);
  return failureOf({ type, at, say, status: refusedStatus }, message, random);
}
