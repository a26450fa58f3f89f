import fc from 'fast-check';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { ConsumeMessage } from 'amqplib';
import { describe, expect, it } from 'vitest';
import type { Outgoing } from '../port.ts';
import { readTable, type Value } from './field-table.ts';
import { arrivalOf } from './message.ts';
import { publishOptions, unfit } from './outgoing.ts';
import { readFrames, tableOf } from './raw-headers.ts';

/** amqplib's own encoder, which it does not export. */
const load = createRequire(import.meta.url);
const codec = load(path.join(path.dirname(load.resolve('amqplib')), 'lib/codec.js')) as {
  encodeTable(target: Buffer, table: object, at: number): number;
};
const defs = load(path.join(path.dirname(load.resolve('amqplib')), 'lib/defs.js')) as {
  encodeProperties(id: number, channel: number, size: number, fields: object): Buffer;
};

const fixed = (tag: string, size: number) =>
  fc
    .uint8Array({ minLength: size, maxLength: size })
    .map((bytes): Value => ({ tag, bytes: Buffer.from(bytes) }));
const counted = (tag: string, content: Buffer): Value => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return { tag, bytes: Buffer.concat([length, content]) };
};
const written = (name: Buffer, { tag, bytes }: Value) =>
  Buffer.concat([Buffer.from([name.length]), name, Buffer.from(tag), bytes]);

const scalar = fc.oneof(
  ...Object.entries({ b: 1, B: 1, s: 2, u: 2, I: 4, i: 4, f: 4, D: 5, l: 8, d: 8, T: 8, V: 0 }).map(
    ([tag, size]) => fixed(tag, size),
  ),
  fc.boolean().map((is): Value => ({ tag: 't', bytes: Buffer.from([is ? 1 : 0]) })),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => counted('S', Buffer.from(bytes))),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => counted('x', Buffer.from(bytes))),
);
const name = fc.oneof(
  fc.string({ maxLength: 12, unit: 'grapheme' }),
  fc.constantFrom('__proto__', 'constructor', '!', 'value', 'x-größe', 'toString'),
);
const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc
      .array(tie('value'), { maxLength: 4 })
      .map((items) =>
        counted('A', Buffer.concat(items.flatMap(({ tag, bytes }) => [Buffer.from(tag), bytes]))),
      ),
    fc
      .array(fc.tuple(name, tie('value')), { maxLength: 4 })
      .map((fields) =>
        counted('F', Buffer.concat(fields.map(([key, item]) => written(Buffer.from(key), item)))),
      ),
  ),
}));
/** Names that are whole numbers, or that stand for something here, have tests of their own. */
const headerName = name.filter((text) => !/^\d+$|^amqp\./.test(text) && !/^(CC|BCC)$|^x-/.test(text));
const table = fc.uniqueArray(fc.tuple(headerName, value), { maxLength: 8, selector: ([key]) => key });

function arrivalFrom(bytes: Buffer, properties: object = {}) {
  const message = { content: Buffer.from('{}'), fields: {}, properties };
  return arrivalOf(message as unknown as ConsumeMessage, bytes);
}

function sentFrom(bytes: Buffer, change?: (outgoing: Outgoing) => Outgoing): Buffer | string {
  const arrival = arrivalFrom(bytes);
  const outgoing = { ...arrival, messageId: 'm', deduplicationId: 'm:1' };
  const changed = change ? change(outgoing) : outgoing;
  const wrong = unfit(changed);
  if (wrong) return wrong;
  const target = Buffer.alloc(70_000);
  const size = codec.encodeTable(target, publishOptions(changed).headers as object, 0);
  return target.subarray(4, size);
}

const isNaNOnWire = ({ tag, bytes }: Value) =>
  (tag === 'd' && Number.isNaN(bytes.readDoubleBE())) || (tag === 'f' && Number.isNaN(bytes.readFloatBE()));

describe('the headers of a message', () => {
  it('are sent again byte for byte, whatever their types, or not at all', () => {
    fc.assert(
      fc.property(table, (fields) => {
        const bytes = Buffer.concat(fields.map(([key, item]) => written(Buffer.from(key), item)));
        const sent = sentFrom(bytes);
        if (fields.some(([, item]) => isNaNOnWire(item))) expect(sent).toContain('cannot be written');
        else expect(sent).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });

  it('of other bytes than a table are refused with a RangeError, and never read past their end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          const read = readTable(Buffer.from(bytes));
          const size = read.reduce((sum, field) => sum + 2 + field.value.bytes.length, 0);
          expect(size).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });

  it('are the edited ones when somebody edited them, of the same type where they can be', () => {
    const int32 = written(Buffer.from('n'), { tag: 'I', bytes: Buffer.from([0, 0, 0, 3]) });
    const edit = (text: string) =>
      sentFrom(int32, (outgoing) => ({
        ...outgoing,
        headers: outgoing.headers.map(([key, shown]) => [key, key === 'n' ? Buffer.from(text) : shown]),
      }));
    expect(edit('3')).toEqual(int32);
    expect(edit('4')).toEqual(written(Buffer.from('n'), { tag: 'I', bytes: Buffer.from([0, 0, 0, 4]) }));
    for (const text of ['four', '4294967296', ''])
      expect(edit(text)).toEqual(written(Buffer.from('n'), counted('S', Buffer.from(text))));
  });

  it('that no text can name, or that AMQP cannot write, are refused with a sentence', () => {
    const badName = written(Buffer.from([0xff]), counted('S', Buffer.from('x')));
    expect(sentFrom(badName)).toContain('no UTF-8');
    const long = (outgoing: Outgoing): Outgoing => ({ ...outgoing, messageId: 'm'.repeat(256) });
    expect(sentFrom(Buffer.alloc(0), long)).toContain('longer than');
  });

  it('are found in frames however these are cut', () => {
    const headers = { k: 'x' };
    const frames = [
      defs.encodeProperties(60, 3, 5, {
        contentType: 'a/b',
        contentEncoding: 'gzip',
        headers,
        messageId: 'm',
      }),
      defs.encodeProperties(60, 4, 5, { messageId: 'none' }),
      defs.encodeProperties(60, 3, 5, { headers: {}, correlationId: 'c' }),
    ];
    const all = Buffer.concat(frames);
    const expected = [
      [3, written(Buffer.from('k'), counted('S', Buffer.from('x')))],
      [4, Buffer.alloc(0)],
      [3, Buffer.alloc(0)],
    ];
    fc.assert(
      fc.property(fc.array(fc.nat(all.length), { maxLength: 8 }), (cuts) => {
        const found: unknown[] = [];
        const take = readFrames(Buffer.alloc(0), (channel, payload) =>
          found.push([channel, tableOf(payload)]),
        );
        const edges = [0, ...cuts.sort((a, b) => a - b), all.length];
        for (const [at, edge] of edges.entries()) if (at > 0) take(all.subarray(edges[at - 1], edge));
        expect(found).toEqual(expected);
      }),
    );
  });
});

it('says where a message died, and how often consumers gave it back', () => {
  const death = (over: object) => ({
    count: 1,
    reason: 'rejected',
    queue: 'orders',
    exchange: 'business',
    'routing-keys': ['orders.placed'],
    time: { '!': 'timestamp', value: 1_700_000_000 },
    ...over,
  });
  const headers = {
    'x-delivery-count': 9,
    'x-death': [
      death({ count: 3 }),
      death({ queue: 'orders.wait', reason: 'expired', count: 3 }),
      death({ reason: 'delivery_limit', count: 1 }),
    ],
  };
  expect(arrivalFrom(Buffer.alloc(0), { headers })).toMatchObject({
    originalDestination: 'business/orders.placed',
    key: Buffer.from('orders.placed'),
    reason: 'rejected',
    deliveries: 4,
    failedAt: new Date(1_700_000_000_000),
  });
  const direct = { 'x-death': [death({ exchange: '', reason: 'expired', 'routing-keys': ['orders'] })] };
  expect(arrivalFrom(Buffer.alloc(0), { headers: direct })).toMatchObject({
    originalDestination: 'orders',
    deliveries: null,
  });
});
