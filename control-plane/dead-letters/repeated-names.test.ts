import { expect, test } from 'vitest';
import { parseJson } from './pointer.ts';
import { hasRepeatedNames } from './repeated-names.ts';

test.each([
  ['{"a":{"email":"x"},"a":1}', true],
  ['{"a":1,"\\u0061":2}', true],
  ['[{"a":1},{"a":2,"b":{"a":3}}]', false],
  ['{"a\\":":"b:\\\\","c":"\\":{"}', false],
  ['"a:b"', false],
])('%s says a name twice: %s', (text, expected) => {
  expect(hasRepeatedNames(text, JSON.parse(text))).toBe(expected);
});

test('a body nested without end is read as one without JSON, and ends no stack', () => {
  for (const depth of [600, 5000, 100_000])
    expect(parseJson(Buffer.from('['.repeat(depth) + ']'.repeat(depth)))).toBeUndefined();
  expect(parseJson(Buffer.from('[[[1]]]'))).toEqual([[[1]]]);
});
