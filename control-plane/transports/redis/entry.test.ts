import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outgoing } from '../port.ts';
import { addressOf, targetOf } from './address.ts';
import { arrivalOf, fieldsOf } from './entry.ts';

const bytes = fc.uint8Array({ maxLength: 12 }).map((part) => Buffer.from(part));
const name = fc.oneof(
  bytes,
  fc
    .constantFrom('body', 'payload', 'redis.body', 'redis.flat', 'redis.name.61', '')
    .map((n) => Buffer.from(n)),
);
const fieldList = fc
  .array(fc.tuple(name, bytes), { minLength: 1, maxLength: 8 })
  .map((pairs) => pairs.flat());

function outgoingOf(fields: Buffer[], bodyField: string | null): Outgoing & { readonly body: Buffer } {
  const arrival = arrivalOf('s', { id: '1-1', fields }, bodyField);
  if (!arrival.body) throw new Error('an entry always has a body');
  return { ...arrival, body: arrival.body, messageId: 'm', deduplicationId: 'm:1', contentType: null };
}

/** What a send adds when nothing in the entry says the message id. */
const added = [Buffer.from('message-id'), Buffer.from('m')];

describe('an entry', () => {
  it('is sent again with the very fields that it had, in their order, whatever they are', () => {
    fc.assert(
      fc.property(fieldList, fc.constantFrom(null, 'body', 'x'), (fields, bodyField) => {
        const { body, ...rest } = outgoingOf(fields, bodyField);
        expect(fieldsOf({ ...rest, body }, body, bodyField)).toEqual([...fields, ...added]);
      }),
    );
  });

  it('of another transport keeps body and headers, even those that are named as a body', () => {
    fc.assert(
      fc.property(bytes, fc.array(fc.tuple(fc.constantFrom('body', 'data', 'x'), bytes)), (body, headers) => {
        const outgoing = { ...outgoingOf([Buffer.from('x'), body], null), body, headers };
        const arrival = arrivalOf('s', { id: '1-1', fields: fieldsOf(outgoing, body, null) }, null);
        expect(arrival.body).toEqual(body);
        const own = arrival.headers.filter(([name]) => name !== 'redis.body' && name !== 'message-id');
        expect(own).toEqual(headers);
        expect(arrival.messageId).toBe('m');
      }),
    );
  });

  it('says what it knows of its death', () => {
    const fields = [
      'payload',
      '{}',
      'error',
      'no such customer',
      'original-stream',
      'orders',
      'deliveries',
      '5',
    ];
    const entry = { id: '1763900000000-3', fields: fields.map((text) => Buffer.from(text)) };
    expect(arrivalOf('orders.dead', entry, null)).toMatchObject({
      arrivalId: 'orders.dead/1763900000000-3',
      body: Buffer.from('{}'),
      reason: 'no such customer',
      originalDestination: 'orders',
      deliveries: 5,
      failedAt: new Date(1763900000000),
    });
    expect(arrivalOf('s', { id: '7-0', fields: null }, null)).toMatchObject({ body: null, failedAt: null });
  });
});

describe('a destination', () => {
  it('is a stream, or what a group has given up on', () => {
    expect(addressOf('orders.dead')).toEqual({ stream: 'orders.dead', bodyField: null, stuck: null });
    expect(addressOf('orders?group=erp&deliveries=5&idle=2m&body=json')).toEqual({
      stream: 'orders',
      bodyField: 'json',
      stuck: { group: 'erp', deliveries: 5, idleMs: 120_000 },
    });
  });

  it.each([
    ['orders?group=erp', 'together'],
    ['orders?deliveries=5', 'together'],
    ['orders?idle=5s', 'together'],
    ['orders?group=erp&deliveries=0', 'whole number'],
    ['orders?group=erp&deliveries=5&idle=soon', 'a time such as'],
    ['orders?gruop=erp', 'not known'],
    ['?group=erp&deliveries=5', 'no stream'],
  ])('that is wrong says how to write it: %s', (destination, words) => {
    expect(() => addressOf(destination)).toThrow(words);
  });

  it('of a group is never sent to', () => {
    expect(() => targetOf('orders?group=erp&deliveries=5')).toThrow('replay.destination');
  });
});
