import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseExact } from './exact-json.ts';
import { applyPatch, type Operation, touches, writtenBy } from './json-patch.ts';

const patched = (text: string, ...operations: Operation[]) => {
  const result = applyPatch(parseExact(text), operations);
  return result.ok ? JSON.stringify(result.document) : `${result.path}: ${result.message}`;
};

// RFC 6902, appendix A.
test.each<[string, string, Operation[], string]>([
  ['A.1 a member', '{"foo":"bar"}', [{ op: 'add', path: '/baz', value: 'qux' }], '{"foo":"bar","baz":"qux"}'],
  [
    'A.2 an element',
    '{"foo":["bar","baz"]}',
    [{ op: 'add', path: '/foo/1', value: 'qux' }],
    '{"foo":["bar","qux","baz"]}',
  ],
  ['A.3 remove a member', '{"baz":"qux","foo":"bar"}', [{ op: 'remove', path: '/baz' }], '{"foo":"bar"}'],
  [
    'A.4 remove an element',
    '{"foo":["bar","qux","baz"]}',
    [{ op: 'remove', path: '/foo/1' }],
    '{"foo":["bar","baz"]}',
  ],
  [
    'A.5 replace',
    '{"baz":"qux","foo":"bar"}',
    [{ op: 'replace', path: '/baz', value: 'boo' }],
    '{"baz":"boo","foo":"bar"}',
  ],
  [
    'A.6 move',
    '{"foo":{"bar":"baz","waldo":"fred"},"qux":{}}',
    [{ op: 'move', from: '/foo/waldo', path: '/qux/thud' }],
    '{"foo":{"bar":"baz"},"qux":{"thud":"fred"}}',
  ],
  [
    'A.7 move an element',
    '{"foo":["all","grass","cows","eat"]}',
    [{ op: 'move', from: '/foo/1', path: '/foo/3' }],
    '{"foo":["all","cows","eat","grass"]}',
  ],
  ['A.8 test', '{"baz":"qux"}', [{ op: 'test', path: '/baz', value: 'qux' }], '{"baz":"qux"}'],
  [
    'A.9 a test that fails',
    '{"baz":"qux"}',
    [{ op: 'test', path: '/baz', value: 'bar' }],
    '/baz: the value is another one',
  ],
  [
    'A.10 nested',
    '{"foo":"bar"}',
    [{ op: 'add', path: '/child', value: { grandchild: {} } }],
    '{"foo":"bar","child":{"grandchild":{}}}',
  ],
  [
    'A.12 no parent',
    '{"foo":"bar"}',
    [{ op: 'add', path: '/baz/bat', value: 'qux' }],
    '/baz/bat: there is nothing to hold this field',
  ],
  ['A.14 escapes', '{"/":9,"~1":10}', [{ op: 'test', path: '/~01', value: 10 }], '{"/":9,"~1":10}'],
  [
    'A.15 text is no number',
    '{"~1":10}',
    [{ op: 'test', path: '/~01', value: '10' }],
    '/~01: the value is another one',
  ],
  [
    'A.16 append',
    '{"foo":["bar"]}',
    [{ op: 'add', path: '/foo/-', value: ['abc'] }],
    '{"foo":["bar",["abc"]]}',
  ],
  ['the whole', '{"foo":1}', [{ op: 'replace', path: '', value: [2] }], '[2]'],
  ['past the end', '{"foo":[1]}', [{ op: 'add', path: '/foo/3', value: 2 }], '/foo/3: the list ends at 1'],
  [
    'what is not there',
    '{"foo":1}',
    [{ op: 'replace', path: '/bar', value: 2 }],
    '/bar: there is no such field',
  ],
  [
    'into itself',
    '{"foo":{"bar":1}}',
    [{ op: 'move', from: '/foo', path: '/foo/bar' }],
    '/foo/bar: a field cannot move into itself',
  ],
  [
    'a dangerous name',
    '{}',
    [{ op: 'add', path: '/__proto__', value: { admin: true } }],
    '{"__proto__":{"admin":true}}',
  ],
])('%s', (_name, text, operations, expected) => {
  expect(patched(text, ...operations)).toBe(expected);
});

test('all operations take effect, or none', () => {
  const document = parseExact('{"a":1}');
  applyPatch(document, [
    { op: 'replace', path: '/a', value: 2 },
    { op: 'test', path: '/a', value: 1 },
  ]);
  expect(JSON.stringify(document)).toBe('{"a":1}');
});

test('numbers beside the edit stay as they were written', () => {
  const numbers = '"id":12345678901234567890,"price":10.50,"rate":1E400,"zero":-0.0';
  expect(patched(`{${numbers},"a":1}`, { op: 'replace', path: '/a', value: 2 })).toBe(`{${numbers},"a":2}`);
  expect(patched('{"id":12345678901234567890}', { op: 'copy', from: '/id', path: '/copy' })).toBe(
    '{"id":12345678901234567890,"copy":12345678901234567890}',
  );
});

test('adding and removing a member gives back any document', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (object, value) => {
      fc.pre(!Object.hasOwn(object, 'added'));
      const text = JSON.stringify(object);
      expect(patched(text, { op: 'add', path: '/added', value }, { op: 'remove', path: '/added' })).toBe(
        JSON.stringify(parseExact(text)),
      );
    }),
  );
});

test.each([
  ['/order', '/order', true],
  ['/order/id', '/order', true],
  ['', '/order', true],
  ['/order', '/order/id', true],
  ['/orders', '/order', false],
])('an edit of %j touches %j: %s', (pointer, field, expected) => {
  expect(touches(pointer, field)).toBe(expected);
});

test('a move writes both ends, a test nothing', () => {
  expect(writtenBy({ op: 'move', from: '/a', path: '/b' })).toEqual(['/b', '/a']);
  expect(writtenBy({ op: 'test', path: '/a', value: 1 })).toEqual([]);
});
