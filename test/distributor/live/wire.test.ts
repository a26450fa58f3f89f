import { expect, test } from 'vitest';
import type { Message } from '../business/types.ts';
import { bodyOf, headersOf, readDelivery } from './wire.ts';

const message: Message = {
  id: 'shop-order-to-erp.74600001',
  flow: 'shop-order-to-erp',
  transaction: '74600001',
  trace: 'shop-order-to-erp.74600001',
  keys: ['order:SO-74600001', 'customer:C-10037'],
  body: { order: 'SO-74600001', quantity: 3, total: '12.50' },
  cause: { id: 'before', trace: 'trace of before' },
};
const headers = headersOf(message, 2, 1_800_000_000_123.7, 'span');
const read = (changed: Record<string, string> = {}, body = bodyOf(message)) =>
  readDelivery('shop-order-to-erp', body, { ...headers, ...changed }, 5);

test('what was sent arrives, and its body is the document alone', () => {
  expect(JSON.parse(bodyOf(message))).toEqual(message.body);
  expect(read()).toMatchObject({ message, attempt: 2, sentAtMs: 1_800_000_000_123 });
  expect(read()?.message).not.toHaveProperty('original');
  const { traceId, spanId } = read()?.origin ?? {};
  expect(headers['traceparent']).toBe(`00-${traceId}-${spanId}-01`);
});

test('another id makes it an edited copy that names its original', () => {
  expect(read({ 'message-id': 'edited' })?.message).toMatchObject({ id: 'edited', original: message.id });
  const again = headersOf({ ...message, id: 'edited', original: message.id }, 1, 5, 'span');
  expect(readDelivery('shop-order-to-erp', '{}', again, 5)?.message.original).toBe(message.id);
});

test('survives headers that are lost or spoiled', () => {
  const bare = readDelivery('shop-order-to-erp', '{}', { 'idempotency-key': 'm1' }, 77);
  expect(bare).toEqual({
    attempt: 1,
    sentAtMs: 77,
    message: { id: 'm1', flow: 'shop-order-to-erp', transaction: 'm1', trace: 'm1', keys: [], body: {} },
  });
  expect(read({ 'x-attempt': 'many', 'x-sent-at': '-1', 'x-keys': '{', traceparent: 'no' })).toMatchObject({
    attempt: 1,
    sentAtMs: 5,
    message: { keys: [] },
  });
});

test.each([
  ['no JSON', 'not json', {}],
  ['a list', '[]', {}],
  ['nested fields', '{"a":{"b":1}}', {}],
  ['another flow', '{}', { 'x-flow': 'erp-release-to-wms' }],
  ['an endless id', '{}', { 'message-id': 'x'.repeat(301) }],
])('is no message: %s', (_, body, changed) => {
  expect(read(changed, body)).toBeUndefined();
});
