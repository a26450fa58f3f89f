import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeHeaders, encodeHeaders } from './headers.ts';

const header = fc.tuple(
  fc.string({ unit: 'grapheme' }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
);

test('headers come back as they were, in order, with duplicates and whatever bytes', () => {
  fc.assert(
    fc.property(fc.array(header), (headers) => {
      expect(decodeHeaders(encodeHeaders(headers))).toEqual(headers);
    }),
  );
});

test('bytes that are cut off are refused', () => {
  expect(() => decodeHeaders(encodeHeaders([['name', Buffer.from('value')]]).subarray(0, 12))).toThrow(
    RangeError,
  );
});
